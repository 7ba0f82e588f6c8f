WITH collations AS MATERIALIZED (
    SELECT c.oid, CASE n.nspname WHEN 'pg_catalog' THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident(c.collname) AS shown
    FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
), extended AS MATERIALIZED (SELECT classid, objid FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'),
spaces AS MATERIALIZED (
    SELECT n.*, quote_ident(nspname) AS shown FROM pg_namespace n
    WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
), rels AS MATERIALIZED (
    SELECT c.*, s.shown || '.' || quote_ident(c.relname) AS shown FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace
    WHERE c.relpersistence <> 't' AND NOT EXISTS (SELECT FROM extended e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid)
), kinds (kind, word) AS (
    VALUES ('r'::"char", 'table'), ('p', 'table'), ('f', 'foreign table'), ('v', 'view'), ('m', 'materialized view'), ('c', 'type')
), own_types AS MATERIALIZED (
    SELECT t.*, s.shown || '.' || quote_ident(t.typname) AS shown FROM pg_type t JOIN spaces s ON s.oid = t.typnamespace
    WHERE t.typtype IN ('e', 'd', 'r', 'c', 'b') AND t.typcategory <> 'A'
    AND (t.typrelid = 0 OR EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
    AND NOT EXISTS (SELECT FROM extended e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid)
), own_routines AS MATERIALIZED (
    SELECT p.*, s.shown || '.' || quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS shown
    FROM pg_proc p JOIN spaces s ON s.oid = p.pronamespace
    WHERE NOT EXISTS (SELECT FROM extended e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid)
)
SELECT 'schema ' || shown, concat_ws(' ', 'owner', pg_get_userbyid(nspowner), 'rights', (
    SELECT string_agg(right_::text, ' ' ORDER BY right_::text) FROM unnest(coalesce(nspacl, acldefault('n', nspowner))) right_
        WHERE nspowner = 10 OR NOT starts_with(right_::text, pg_get_userbyid(10) || '=')))
FROM spaces WHERE NOT EXISTS (SELECT FROM extended e WHERE e.classid = 'pg_namespace'::regclass AND e.objid = spaces.oid)
UNION ALL
SELECT 'extension ' || quote_ident(extname), concat_ws(' ', 'schema', extnamespace::regnamespace, 'version', extversion) FROM pg_extension
UNION ALL
SELECT k.word || ' ' || c.shown, concat_ws(' ',
    CASE c.relpersistence WHEN 'u' THEN 'unlogged' END,
    CASE WHEN c.relkind = 'p' THEN 'partition by ' || pg_get_partkeydef(c.oid) END,
    CASE WHEN c.relispartition THEN 'bound ' || pg_get_expr(c.relpartbound, c.oid) END,
    (SELECT 'parents ' || string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = c.oid),
    'of ' || nullif(c.reloftype, 0)::regtype,
    (SELECT concat_ws(' ', 'server', quote_ident(f.srvname), 'options', t.ftoptions)
        FROM pg_foreign_table t JOIN pg_foreign_server f ON f.oid = t.ftserver WHERE t.ftrelid = c.oid),
    'with ' || array_to_string(c.reloptions, ', '),
    (SELECT 'using ' || amname FROM pg_am WHERE pg_am.oid = c.relam),
    (SELECT 'tablespace ' || spcname FROM pg_tablespace t WHERE t.oid = c.reltablespace),
    CASE WHEN c.relkind IN ('r', 'p') AND c.relreplident <> 'd' THEN 'replica identity ' || c.relreplident::text END,
    CASE WHEN c.relrowsecurity THEN 'row security' END, CASE WHEN c.relforcerowsecurity THEN 'forced' END,
    CASE WHEN c.relkind = 'm' AND NOT c.relispopulated THEN 'with no data' END,
    CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
    CASE WHEN c.relkind IN ('v', 'm', 'c') THEN (SELECT 'columns ' || string_agg(quote_ident(attname), ', ' ORDER BY attnum)
        FROM pg_attribute a WHERE a.attrelid = c.oid AND attnum > 0 AND NOT attisdropped) END,
    'owner', pg_get_userbyid(c.relowner),
    CASE WHEN c.relkind <> 'c' THEN 'rights ' || (SELECT string_agg(right_::text, ' ' ORDER BY right_::text)
        FROM unnest(coalesce(c.relacl, acldefault('r', c.relowner))) right_
        WHERE c.relowner = 10 OR NOT starts_with(right_::text, pg_get_userbyid(10) || '=')) END)
FROM rels c JOIN kinds k ON k.kind = c.relkind
UNION ALL
SELECT 'order of columns of ' || c.shown, string_agg(quote_ident(attname), ', ' ORDER BY attnum)
FROM rels c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relkind IN ('r', 'p', 'f') AND attnum > 0 AND NOT attisdropped GROUP BY c.shown
UNION ALL
SELECT 'column ' || c.shown || '.' || quote_ident(a.attname), concat_ws(' ', format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attcollation <> t.typcollation AND a.attcollation <> 0 THEN 'collate ' || (SELECT shown FROM collations o WHERE o.oid = a.attcollation) END,
    CASE WHEN a.attnotnull THEN 'not null' END,
    CASE a.attgenerated WHEN 's' THEN 'generated stored' WHEN 'v' THEN 'generated virtual' ELSE CASE WHEN d.oid IS NOT NULL THEN 'default' END END,
    pg_get_expr(d.adbin, d.adrelid),
    CASE a.attidentity WHEN 'a' THEN 'identity always' WHEN 'd' THEN 'identity by default' END,
    CASE WHEN a.attstorage <> t.typstorage THEN 'storage ' || a.attstorage::text END,
    'compression ' || {compression},
    CASE WHEN a.attstattarget >= 0 THEN 'statistics ' || a.attstattarget END,
    'with ' || array_to_string(a.attoptions, ', '), 'options ' || array_to_string(a.attfdwoptions, ', '),
    CASE WHEN a.attinhcount > 0 THEN CASE WHEN a.attislocal THEN 'own and inherited' ELSE 'inherited' END END,
    'rights ' || (SELECT string_agg(right_::text, ' ' ORDER BY right_::text) FROM unnest(a.attacl) right_))
FROM rels c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
UNION ALL
SELECT 'constraint ' || c.shown || '.' || quote_ident(o.conname), concat_ws(' ', pg_get_constraintdef(o.oid),
    CASE WHEN o.conindid <> 0 AND o.contype IN ('p', 'u', 'x') THEN 'by ' || o.conindid::regclass END)
-- Of a foreign key to a partitioned table the server makes copies for the partitions, which follow from it but for their names.
FROM rels c JOIN pg_constraint o ON o.conrelid = c.oid WHERE o.contype NOT IN ('n', 't')
    AND NOT EXISTS (SELECT FROM pg_constraint p WHERE p.oid = o.conparentid AND p.conrelid = o.conrelid)
UNION ALL
SELECT 'not null of ' || c.shown || '.' || quote_ident(a.attname),
    concat_ws(' ', CASE WHEN NOT o.convalidated THEN 'not valid' END, CASE WHEN o.connoinherit THEN 'no inherit' END)
FROM rels c JOIN pg_constraint o ON o.conrelid = c.oid AND o.contype = 'n' AND c.relkind <> 'c'
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = o.conkey[1]
UNION ALL
SELECT 'index ' || c.shown, concat_ws(' ', pg_get_indexdef(i.indexrelid), CASE WHEN NOT i.indisvalid THEN 'invalid' END,
    CASE WHEN i.indisclustered THEN 'clustered' END, CASE WHEN i.indisreplident THEN 'replica identity' END,
    'partition of ' || (SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = c.oid),
    (SELECT 'tablespace ' || spcname FROM pg_tablespace t WHERE t.oid = c.reltablespace),
    (SELECT 'statistics ' || string_agg(attnum || ': ' || attstattarget, ', ' ORDER BY attnum)
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attstattarget >= 0))
FROM rels c JOIN pg_index i ON i.indexrelid = c.oid
UNION ALL
SELECT 'sequence ' || c.shown, concat_ws(' ', CASE c.relpersistence WHEN 'u' THEN 'unlogged' END, format_type(q.seqtypid, NULL), 'start', q.seqstart,
    'increment', q.seqincrement, 'min', q.seqmin, 'max', q.seqmax, 'cache', q.seqcache, CASE WHEN q.seqcycle THEN 'cycle' END,
    (SELECT 'owned by ' || d.refobjid::regclass || '.' || quote_ident(a.attname) FROM pg_depend d
        JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')),
    'owner', pg_get_userbyid(c.relowner), 'rights', (SELECT string_agg(right_::text, ' ' ORDER BY right_::text)
        FROM unnest(coalesce(c.relacl, acldefault('s', c.relowner))) right_
        WHERE c.relowner = 10 OR NOT starts_with(right_::text, pg_get_userbyid(10) || '=')))
FROM rels c JOIN pg_sequence q ON q.seqrelid = c.oid
UNION ALL
SELECT 'trigger ' || c.shown || '.' || quote_ident(t.tgname), concat_ws(' ', pg_get_triggerdef(t.oid), CASE WHEN t.tgenabled <> 'O' THEN 'enabled ' || t.tgenabled::text END)
FROM rels c JOIN pg_trigger t ON t.tgrelid = c.oid WHERE NOT t.tgisinternal
UNION ALL
SELECT 'rule ' || c.shown || '.' || quote_ident(r.rulename), concat_ws(' ', pg_get_ruledef(r.oid), CASE WHEN r.ev_enabled <> 'O' THEN 'enabled ' || r.ev_enabled::text END)
FROM rels c JOIN pg_rewrite r ON r.ev_class = c.oid WHERE r.rulename <> '_RETURN'
UNION ALL
SELECT 'policy ' || c.shown || '.' || quote_ident(p.polname), concat_ws(' ', CASE WHEN NOT p.polpermissive THEN 'restrictive' END, 'for', p.polcmd,
    'to', (SELECT string_agg(CASE role WHEN 0 THEN 'public' ELSE pg_get_userbyid(role)::text END, ', ' ORDER BY 1) FROM unnest(p.polroles) role),
    'using ' || pg_get_expr(p.polqual, p.polrelid), 'with check ' || pg_get_expr(p.polwithcheck, p.polrelid))
FROM rels c JOIN pg_policy p ON p.polrelid = c.oid
UNION ALL
SELECT CASE t.typtype WHEN 'd' THEN 'domain ' ELSE 'type ' END || t.shown || CASE t.typtype WHEN 'c' THEN ' itself' ELSE '' END, concat_ws(' ',
    CASE t.typtype WHEN 'e' THEN 'enum (' || coalesce((SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder)
        FROM pg_enum e WHERE e.enumtypid = t.oid), '') || ')'
    WHEN 'd' THEN concat_ws(' ', format_type(t.typbasetype, t.typtypmod),
        (SELECT 'collate ' || (SELECT shown FROM collations o WHERE o.oid = t.typcollation) FROM pg_type b WHERE b.oid = t.typbasetype AND b.typcollation <> t.typcollation),
        'default ' || t.typdefault, CASE WHEN t.typnotnull THEN 'not null' END,
        (SELECT string_agg(quote_ident(conname) || ' ' || pg_get_constraintdef(o.oid), ' ' ORDER BY conname)
            FROM pg_constraint o WHERE o.contypid = t.oid AND o.contype = 'c'))
    WHEN 'r' THEN (SELECT concat_ws(' ', 'range of', format_type(r.rngsubtype, NULL), 'collate ' || (SELECT shown FROM collations o WHERE o.oid = r.rngcollation),
        'canonical ' || nullif(r.rngcanonical, 0)::regproc, 'diff ' || nullif(r.rngsubdiff, 0)::regproc,
        (SELECT 'operator class ' || opcname FROM pg_opclass WHERE pg_opclass.oid = r.rngsubopc)) FROM pg_range r WHERE r.rngtypid = t.oid)
    WHEN 'b' THEN concat_ws(' ', 'base', t.typlen, t.typbyval, t.typalign, t.typstorage, t.typinput, t.typoutput) END,
    'owner', pg_get_userbyid(t.typowner), 'rights', (SELECT string_agg(right_::text, ' ' ORDER BY right_::text)
        FROM unnest(coalesce(t.typacl, acldefault('T', t.typowner))) right_
        WHERE t.typowner = 10 OR NOT starts_with(right_::text, pg_get_userbyid(10) || '=')))
FROM own_types t
UNION ALL
SELECT 'routine ' || p.shown, concat_ws(' ', CASE p.prokind WHEN 'a' THEN (
        SELECT concat_ws(' ', 'aggregate', a.aggkind, a.aggnumdirectargs, a.aggtransfn, nullif(a.aggfinalfn, 0), nullif(a.aggcombinefn, 0),
            nullif(a.aggsortop, 0)::regoperator, format_type(a.aggtranstype, NULL), a.agginitval) FROM pg_aggregate a WHERE a.aggfnoid = p.oid)
    ELSE pg_get_functiondef(p.oid) END,
    'owner', pg_get_userbyid(p.proowner), 'rights', (SELECT string_agg(right_::text, ' ' ORDER BY right_::text)
        FROM unnest(coalesce(p.proacl, acldefault('f', p.proowner))) right_
        WHERE p.proowner = 10 OR NOT starts_with(right_::text, pg_get_userbyid(10) || '=')))
FROM own_routines p
UNION ALL
SELECT 'statistics ' || s.stxnamespace::regnamespace || '.' || quote_ident(s.stxname), concat_ws(' ', pg_get_statisticsobjdef(s.oid), nullif({statistics}, -1))
FROM pg_statistic_ext s
UNION ALL
SELECT 'comment on ' || i.type || ' ' || i.identity, d.description
FROM pg_description d, pg_identify_object(d.classoid, d.objoid, d.objsubid) i
WHERE (d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass)
AND NOT EXISTS (SELECT FROM extended e WHERE e.classid = d.classoid AND e.objid = d.objoid)
UNION ALL
SELECT concat_ws(' ', 'default rights of', pg_get_userbyid(defaclrole), 'in ' || nullif(defaclnamespace, 0)::regnamespace, 'on', defaclobjtype),
    (SELECT string_agg(right_::text, ' ' ORDER BY right_::text) FROM unnest(defaclacl) right_)
FROM pg_default_acl
UNION ALL
SELECT 'event trigger ' || quote_ident(evtname), concat_ws(' ', evtevent, evtfoid::regproc, evtenabled, array_to_string(evttags, ', ')) FROM pg_event_trigger
UNION ALL
SELECT 'publication ' || quote_ident(pubname), concat_ws(' ', p.puballtables, pubinsert, pubupdate, pubdelete, pubtruncate, to_jsonb(p) ->> 'pubviaroot',
    (SELECT string_agg(t.shown, ' ' ORDER BY t.shown) FROM (SELECT concat_ws(' ', schemaname, tablename, to_jsonb(t) ->> 'rowfilter',
        (SELECT string_agg(quote_ident(c), ',' ORDER BY c) FROM jsonb_array_elements_text(to_jsonb(t) -> 'attnames') c)) AS shown
        FROM pg_publication_tables t WHERE t.pubname = p.pubname AND NOT p.puballtables) t))
FROM pg_publication p
UNION ALL
SELECT 'server ' || quote_ident(srvname), concat_ws(' ', w.fdwname, srvtype, srvversion, array_to_string(srvoptions, ', '))
FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
UNION ALL
SELECT i.type || ' ' || i.identity, o.definition FROM (
    SELECT 'pg_cast'::regclass AS class, oid, concat_ws(' ', nullif(castfunc, 0)::regprocedure, castcontext, castmethod) AS definition FROM pg_cast
    UNION ALL SELECT 'pg_collation'::regclass, oid, (to_jsonb(c) - '{oid,collnamespace,collowner}'::text[])::text FROM pg_collation c
    UNION ALL SELECT 'pg_operator'::regclass, oid, concat_ws(' ', oprcode, oprcanmerge, oprcanhash, nullif(oprrest, 0), nullif(oprjoin, 0)) FROM pg_operator
    UNION ALL SELECT 'pg_opclass'::regclass, oid, concat_ws(' ', opcdefault, format_type(nullif(opckeytype, 0), NULL)) FROM pg_opclass
    UNION ALL SELECT 'pg_opfamily'::regclass, oid, '' FROM pg_opfamily
    UNION ALL SELECT 'pg_conversion'::regclass, oid, conproc::text FROM pg_conversion
    UNION ALL SELECT 'pg_ts_dict'::regclass, oid, dictinitoption FROM pg_ts_dict
    UNION ALL SELECT 'pg_ts_config'::regclass, oid, (SELECT string_agg(concat_ws(' ', maptokentype, mapseqno, mapdict::regdictionary), ', '
        ORDER BY maptokentype, mapseqno) FROM pg_ts_config_map m WHERE m.mapcfg = c.oid) FROM pg_ts_config c
    UNION ALL SELECT 'pg_ts_parser'::regclass, oid, '' FROM pg_ts_parser
    UNION ALL SELECT 'pg_ts_template'::regclass, oid, '' FROM pg_ts_template
    UNION ALL SELECT 'pg_language'::regclass, oid, lanpltrusted::text FROM pg_language
    UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, array_to_string(fdwoptions, ', ') FROM pg_foreign_data_wrapper
    UNION ALL SELECT 'pg_user_mapping'::regclass, oid, array_to_string(umoptions, ', ') FROM pg_user_mapping
    UNION ALL SELECT 'pg_transform'::regclass, oid, '' FROM pg_transform
) o, pg_identify_object(o.class, o.oid, 0) i
WHERE o.oid >= 16384 AND NOT EXISTS (SELECT FROM extended e WHERE e.classid = o.class AND e.objid = o.oid)
