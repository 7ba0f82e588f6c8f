//! Claims proved on a real database: a throwaway server, and what happens on it. The only home of sqlx and tokio.

mod connection;
pub mod live;
pub mod schema;
mod server;

pub use connection::{Connection, SqlError};
pub use server::{Database, Server, ServerError};
