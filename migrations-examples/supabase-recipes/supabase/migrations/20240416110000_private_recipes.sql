alter table public.recipes add column visibility text not null default 'public';
drop policy "Anyone reads recipes" on public.recipes;
create policy "Public recipes are read by anyone" on public.recipes for select using (visibility = 'public');
