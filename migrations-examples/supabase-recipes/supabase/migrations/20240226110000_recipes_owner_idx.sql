create index concurrently if not exists recipes_owner_idx on public.recipes (owner);
