//! Claims proved on a real database: a throwaway server, and what happens on it. The only home of sqlx and tokio.

pub mod coexist;
mod connection;
pub mod live;
pub mod locks;
pub mod prove;
pub mod schema;
pub mod send;
mod server;

use connection::Address;
pub use connection::{Connection, SqlError};
pub use server::{Database, Server, ServerError};
