//! One project of each runner, as that runner would read it.

use super::*;

const SQLX: (&str, &str) = ("Cargo.toml", "[dependencies]\nsqlx = \"0.9\"");

#[test]
fn sqlx() {
    check(
        &[
            SQLX,
            ("migrations/2_b.sql", "\n-- no-transaction\nB;"),
            ("migrations/10_c.up.sql", "-- no-transaction\nC;"),
            ("migrations/10_c.down.sql", "D;"),
            ("migrations/0001_a.sql", "A;"),
            ("migrations/notes.sql", "N;"),
            ("migrations/x_y.sql", "X;"),
            ("migrations/11_d.down.sql", "X;"),
            ("migrations/old/1_z.sql", "Z;"),
            ("migrations/README.md", "words"),
        ],
        "
sqlx
0001 a: wrapped A;
2 b: wrapped -- no-transaction B;
10 c: chunk -- no-transaction C;
  down wrapped D;
NotRead migrations/notes.sql: not named <version>_<description>.sql, so sqlx ignores it
Refused migrations/x_y.sql: what stands before the first `_` is not a number: sqlx stops with an error
NotRead migrations/old: sqlx does not look into subdirectories
Odd migrations/11_d.down.sql: a down file of version 11 without an up file
Odd migrations/2_b.sql:2: `-- no-transaction` counts only as the very first thing of the file: sqlx opens a transaction
",
    );
}

#[test]
fn diesel() {
    check(
        &[
            ("migrations/2024-01-02-030405_b/up.sql", "B;"),
            ("migrations/2024-01-02-030405_b/down.sql", "D;"),
            ("migrations/2024-01-01-000000_a/up.sql", "A;"),
            ("migrations/2024-01-01-000000_a/metadata.toml", "run_in_transaction = false"),
            ("migrations/empty/x.txt", ""),
            ("migrations/.keep/x.txt", ""),
        ],
        "
diesel
20240101000000 a: chunk A;
20240102030405 b: wrapped B;
  down wrapped D;
Refused migrations/empty: a directory without an up.sql: diesel stops with an error
",
    );
}

#[test]
fn golang_migrate() {
    check(
        &[
            ("go.mod", "module x"),
            ("db/migrations/000002_b.up.sql", "B; B2;"),
            ("db/migrations/000002_b.down.sql", "D;"),
            ("db/migrations/000010_c.v2.up.sql", "C;"),
            ("db/migrations/000001_a.up.sql", "A;"),
            ("db/migrations/1_again.up.sql", "A;"),
            ("db/migrations/x.sql", ""),
        ],
        "
golang-migrate
000001 a: chunk A;
1 again: chunk A;
000002 b: chunk B; B2;
  down chunk D;
000010 c.v2: chunk C;
NotRead db/migrations/x.sql: not named <version>_<title>.up.sql or .down.sql, so golang-migrate ignores it
Refused db/migrations/1_again.up.sql: version 1 is that of 000001_a.up.sql too: golang-migrate stops with an error
",
    );
}

#[test]
fn goose() {
    let function = "-- about it\n-- +goose Up\n-- +goose StatementBegin\nCREATE FUNCTION f() AS $$ a; b; $$;\n-- +goose StatementEnd\n\
                    SELECT 1; -- one\nSELECT\n 2;\n-- +goose Down\nDROP f;\n";
    check(
        &[
            ("migrations/00002_b.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX\n  CONCURRENTLY i;\n"),
            ("migrations/00001_a.sql", function),
            ("migrations/00003_c.go", "package migrations"),
            ("migrations/00004_d.sql", "-- +goose Up\nA"),
            ("migrations/00005_e.sql", "B;\n"),
            ("migrations/helpers.go", "package migrations"),
        ],
        "
goose
00001 a: wrapped -- about it -- +goose Up -- +goose StatementBegin CREATE FUNCTION f() AS $$ a; b; $$; | -- +goose StatementEnd SELECT 1; -- one | SELECT 2;
  down wrapped DROP f;
00002 b: chunk -- +goose NO TRANSACTION -- +goose Up CREATE INDEX CONCURRENTLY i;
00004 d: wrapped -- +goose Up A
00005 e: wrapped B;
NotSql migrations/00003_c.go: a migration written in Go: its SQL is not known
Refused migrations/00004_d.sql:2: the statement before this has no `;` at the end of a line: goose stops with an error
Refused migrations/00005_e.sql:1: SQL before `-- +goose Up`: goose stops with an error
",
    );
}

#[test]
fn dbmate() {
    check(
        &[
            ("db/schema.sql", "dump"),
            ("db/migrations/20240102_b.sql", "-- migrate:up transaction:false\nB;\n-- migrate:down\nD;\n"),
            ("db/migrations/20240101_a.sql", "-- top\n-- migrate:up\nA;\n\n--  migrate:down transaction:false\n"),
            ("db/migrations/20240103_c.sql", "SET x;\n-- migrate:up\nC;\n"),
        ],
        "
dbmate
20240101 a: wrapped -- top -- migrate:up A;
  down chunk -- migrate:down transaction:false
20240102 b: chunk -- migrate:up transaction:false B;
  down wrapped -- migrate:down D;
20240103 c: wrapped SET x; -- migrate:up C;
Refused db/migrations/20240103_c.sql:1: SQL before `-- migrate:up`: dbmate stops with an error
Refused db/migrations/20240103_c.sql:4: no `-- migrate:down` (it may be empty): dbmate stops with an error
",
    );
}

#[test]
fn refinery() {
    check(
        &[
            ("Cargo.toml", "refinery = \"0.9\""),
            ("migrations/V10__c.sql", "C;"),
            ("migrations/U2__b.sql", "B;"),
            ("migrations/sub/V1__a.sql", "A;"),
            ("migrations/V3__d.rs", "fn"),
            ("migrations/V1.1__e.sql", "E;"),
            ("migrations/V4_f.sql", "F;"),
        ],
        "
refinery
1 a: wrapped A;
2 b: wrapped B;
10 c: wrapped C;
Refused migrations/V1.1__e.sql: the version is not a whole number: refinery stops with an error
NotSql migrations/V3__d.rs: a migration written in Rust: its SQL is not known
NotRead migrations/V4_f.sql: not named V<version>__<name>.sql, so refinery ignores it
",
    );
}

#[test]
fn flyway() {
    let at = "src/main/resources/db/migration";
    let files: Vec<(String, &str)> = [
        ("V1_10__c.sql", "C;"),
        ("V1.2__b.sql", "CREATE INDEX CONCURRENTLY i ON t (a);"),
        ("V1__a.sql", "A '${owner}';"),
        ("U1.2__b.sql", "D;"),
        ("R__views.sql", "V;"),
        ("R__a_function.sql", "F;"),
        ("2024/V2__d.sql", "VACUUM;\nUPDATE x;"),
        ("V3__e.sql", "VACUUM;"),
        ("V3__e.sql.conf", "executeInTransaction=true"),
        ("U3__e.sql", "E;"),
        ("U3__e.sql.conf", "executeInTransaction=false"),
        ("V4__f.sql", "CREATE INDEX\nCONCURRENTLY i;"),
        ("V4__f.sql.conf", "executeInTransaction=false"),
        ("B1.2__base.sql", "B;"),
        ("beforeMigrate.sql", "M;"),
        ("V5__g.java", "class"),
        ("x.sql", "X;"),
    ]
    .into_iter()
    .map(|(name, text)| (format!("{at}/{name}"), text))
    .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    let expected = "
flyway
1 a: wrapped A '${owner}';
1.2 b: statement CREATE INDEX CONCURRENTLY i ON t (a);
  down wrapped D;
1.10 c: wrapped C;
2 d: statement VACUUM; UPDATE x;
3 e: wrapped VACUUM;
  down statement E;
4 f: statement CREATE INDEX CONCURRENTLY i;
 a_function again: wrapped F;
 views again: wrapped V;
NotSql AT/V5__g.java: a migration written in code: its SQL is not known
NotRead AT/beforeMigrate.sql: a callback, which Flyway runs around migrations
NotRead AT/x.sql: not named V<version>__<description>.sql, so Flyway ignores it
NotRead AT/B1.2__base.sql: a baseline for new databases: the versions that it stands for are read instead
Odd AT/V1__a.sql:1: Flyway puts values into `${...}` placeholders; they are judged as they stand
Refused AT/2024/V2__d.sql:2: beside statements that cannot run in a transaction: Flyway stops with an error unless `mixed` is set
";
    check(&files, &expected.replace("AT/", &format!("{at}/")));
}

#[test]
fn prisma() {
    check(
        &[
            ("prisma/schema.prisma", ""),
            ("prisma/migrations/migration_lock.toml", "provider = \"postgresql\""),
            ("prisma/migrations/20240102000000_b/migration.sql", "B;"),
            ("prisma/migrations/20240101000000_a/migration.sql", "A;"),
            ("prisma/migrations/20240103000000_c/note.txt", ""),
        ],
        "
prisma
20240101000000 a: chunk A;
20240102000000 b: chunk B;
Refused prisma/migrations/20240103000000_c: a migration directory without a migration.sql: Prisma stops with P3015
",
    );
}

#[test]
fn drizzle() {
    let journal = r#"{"entries": [{"idx": 0, "when": 5, "tag": "0001_b"}, {"idx": 1, "when": 4, "tag": "0000_a"}, {"idx": 2, "when": 6, "tag": "0002_c"}]}"#;
    check(
        &[
            ("drizzle/meta/_journal.json", journal),
            ("drizzle/0000_a.sql", "A;"),
            ("drizzle/0001_b.sql", "B;\n--> statement-breakpoint\nB2;--> statement-breakpoint\n"),
            ("drizzle/0003_d.sql", "D;"),
        ],
        "
drizzle, one transaction
0001 b: wrapped B; | B2;
0000 a: wrapped A;
Odd drizzle/0000_a.sql: its `when` in the journal is not after its predecessor's: Drizzle passes it over where that one is applied
Refused drizzle/meta/_journal.json: lists 0002_c, but 0002_c.sql does not exist: Drizzle stops with an error
NotRead drizzle/0003_d.sql: not listed in meta/_journal.json, so Drizzle never runs it
",
    );
    let folders = [("drizzle/20240101000000_a/migration.sql", "A;"), ("drizzle/20240101000000_a/snapshot.json", "{}")];
    check(&folders, "drizzle, one transaction\n20240101000000 a: wrapped A;");
}

#[test]
fn supabase() {
    check(
        &[
            ("supabase/config.toml", ""),
            ("supabase/migrations/20210101000000_init.sql", "I;"),
            ("supabase/migrations/20240101000000_a.sql", "A;"),
            ("supabase/migrations/a.sql", "X;"),
        ],
        "
supabase
20240101000000 a: chunk A;
NotRead supabase/migrations/20210101000000_init.sql: an _init.sql of an old Supabase CLI, which newer ones skip
NotRead supabase/migrations/a.sql: not named <timestamp>_<name>.sql, so Supabase skips it
",
    );
}

#[test]
fn sqitch() {
    let plan = "%syntax-version=1.0.0\n%project=x\n\nusers 2024-01-01T00:00:00Z A <a@x> # note @x\n\
                api/list [users] 2024-01-02T00:00:00Z A <a@x>\n@v1 2024-01-03T00:00:00Z A <a@x>\n\n\
                api/list [api/list@v1] 2024-01-04T00:00:00Z A <a@x>\ngone 2024-01-05T00:00:00Z A <a@x>\n";
    check(
        &[
            ("sqitch.conf", "[core]\n\tengine = pg\n\ttop_dir = db\n"),
            ("db/sqitch.plan", plan),
            ("db/deploy/users.sql", "BEGIN; U; COMMIT;"),
            ("db/revert/users.sql", "R;"),
            ("db/verify/users.sql", "V;"),
            ("db/deploy/api/list@v1.sql", "L1;"),
            ("db/deploy/api/list.sql", "L2;"),
            ("db/deploy/lost.sql", "X;"),
        ],
        "
sqitch
users : statement BEGIN; U; COMMIT;
  down statement R;
api/list@v1 : statement L1;
api/list : statement L2;
Refused db/sqitch.plan: line 9: gone has no db/deploy/gone.sql: Sqitch stops with an error
NotRead db/deploy/lost.sql: not in the plan, so Sqitch never runs it
",
    );
}

#[test]
fn liquibase() {
    let formatted = "--liquibase formatted sql\n\n--changeset ann:1\nA;\n--rollback DROP\n--ROLLBACK   A;\n\n\
                     -- changeset \"bob b\":two runInTransaction:FALSE context:prod\nB;\n\
                     --changeset c:3 dbms:mysql\nM;\n--changeset c:4 runOnChange:true splitStatements:false endDelimiter:/\nF;;\n/\nG\n/\n\
                     --rollback empty\n--changeset c:5\nE;\n--ignoreLines:start\nnot this;\n--ignoreLines:end\nE2;\n\
                     /* liquibase rollback\nDROP E;\n*/\n";
    check(
        &[("db/changelog/001.sql", formatted), ("db/changelog/002.sql", "raw;")],
        "
liquibase
ann:1 001: wrapped --liquibase formatted sql --changeset ann:1 A; --rollback DROP --ROLLBACK A;
  down wrapped DROP A;
bob b:two 001: statement -- changeset \"bob b\":two runInTransaction:FALSE context:prod B;
c:4 001 again: wrapped --changeset c:4 runOnChange:true splitStatements:false endDelimiter:/ F;; | G | --rollback empty
  down wrapped 
c:5 001: wrapped --changeset c:5 E; | E2; /* liquibase rollback DROP E; */
  down wrapped DROP E;
raw 002: wrapped raw;
NotRead db/changelog/001.sql:10: changeset c:3 is for mysql
",
    );
}

#[test]
fn liquibase_changelogs() {
    let yaml = "databaseChangeLog:\n- include:\n    file: db/changelog/b.sql\n- include:\n    file: more/list.xml\n    relativeToChangelogFile: true\n\
                - includeAll:\n    path: all/\n    relativeToChangelogFile: true\n- changeSet:\n    id: 7\n    author: ann\n    changes:\n    - createTable: {tableName: t}\n";
    let xml = r#"<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog">
        <changeSet id="1" author="x"><comment>c</comment><sqlFile path="../c.sql" relativeToChangelogFile="true"/></changeSet>
        <include file="gone.sql"/></databaseChangeLog>"#;
    check(
        &[
            ("src/main/resources/db/changelog/db.changelog-master.yaml", yaml),
            ("src/main/resources/db/changelog/more/list.xml", xml),
            ("src/main/resources/db/changelog/all/2.sql", "D;"),
            ("src/main/resources/db/changelog/a.sql", "A;"),
            ("src/main/resources/db/changelog/b.sql", "-- liquibase formatted sql\n-- changeset x:b\nB;"),
            ("src/main/resources/db/changelog/c.sql", "C;"),
        ],
        &"
liquibase
x:b b: wrapped -- liquibase formatted sql -- changeset x:b B;
x:1 c: wrapped C;
raw 2: wrapped D;
Refused AT/more/list.xml: lists gone.sql, which does not exist: Liquibase stops with an error
NotSql AT/db.changelog-master.yaml: changeset ann:7 is not written in SQL
NotRead AT/a.sql: no changelog includes it, so Liquibase never runs it
"
        .replace("AT/", "src/main/resources/db/changelog/"),
    );
}

#[test]
fn plain() {
    check(
        &[
            ("10_c.sql", "C;"),
            ("2-b.up.sql", "B;"),
            ("2-b.down.sql", "D;"),
            ("V1_a.sql", "A;"),
            ("schema.sql", "S;"),
            ("other.sql", "O;"),
            ("README.md", ""),
        ],
        "
plain
2 b: statement B;
  down statement D;
10 c: statement C;
1 a: statement A;
NotRead ROOT/other.sql: its name has no number, unlike the others: its place in the order is unknown
NotRead ROOT/schema.sql: a dump or fixture by its name, not a migration
"
        .replace("ROOT/", "")
        .as_str(),
    );
}

#[test]
fn plain_names() {
    let files = [
        ("migrations/20240102T030405Z.sql", "B;"),
        ("migrations/20240102T030404Z.sql", "A;"),
        ("migrations/20240103_c.up.sql", "C;"),
        ("migrations/20240103_c.postgres.up.sql", "P;"),
        ("migrations/20240103_c.mysql.up.sql", "M;"),
        ("migrations/20240104_d.autocommit.up.sql", "D;"),
        ("migrations/20240104_d.down.sql", "E;"),
        ("migrations/20240104_e.sql", "F;"),
    ];
    check_as(
        &files,
        Some(Runner::Plain),
        "
plain
20240102T030404Z : statement A;
20240102T030405Z : statement B;
20240103 c: statement P;
20240104 d: statement D;
  down statement E;
20240104 e: statement F;
NotRead migrations/20240103_c.mysql.up.sql: its name says that it is for mysql
NotRead migrations/20240103_c.up.sql: the file for PostgreSQL of this version takes its place
Odd migrations/20240104_e.sql: version 20240104 is that of 20240104_d.autocommit.up.sql too: their names decide which comes first
",
    );
}

#[test]
fn supabase_commits_a_first_statement_that_needs_it() {
    let path = "supabase/migrations/1_a.sql";
    let chunks = |text: &str| {
        let project = read(lay_out(&[(path, text)]).path(), None).unwrap();
        show(&project, Path::new("")).lines().last().unwrap().to_owned()
    };
    assert_eq!(chunks("create index concurrently i on t (a); B;"), "1 a: chunk create index concurrently i on t (a); | B;");
    assert_eq!(chunks("A; create index concurrently i on t (a);"), "1 a: chunk A; create index concurrently i on t (a);");
}
