DROP TABLE IF EXISTS reactions;
DROP TYPE IF EXISTS reaction_kind;
