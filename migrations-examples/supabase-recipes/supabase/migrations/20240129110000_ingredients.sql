create table public.ingredients (
    recipe_id bigint not null references public.recipes (id) on delete cascade,
    line int not null,
    amount numeric(8, 3),
    name text not null,
    primary key (recipe_id, line)
);
alter table public.ingredients enable row level security;
create policy "Anyone reads ingredients" on public.ingredients for select using (true);
grant select on public.ingredients to anon, authenticated;
