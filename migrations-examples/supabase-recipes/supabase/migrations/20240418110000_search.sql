alter table public.recipes
    add column search tsvector generated always as (to_tsvector('english', title)) stored;
create index recipes_search_idx on public.recipes using gin (search);
alter table public.recipes alter column servings drop default;
