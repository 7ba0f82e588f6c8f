-- No policy yet: whoever is not the owner of the table sees no row and may write none.
alter table public.likes enable row level security;
