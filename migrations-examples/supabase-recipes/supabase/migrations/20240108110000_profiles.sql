-- On Supabase these are there already; a plain PostgreSQL lacks them.
do $$
begin
    if not exists (select from pg_roles where rolname = 'anon') then
        create role anon nologin noinherit;
    end if;
    if not exists (select from pg_roles where rolname = 'authenticated') then
        create role authenticated nologin noinherit;
    end if;
end
$$;

create table public.profiles (
    id uuid primary key,
    username text unique,
    avatar_url text,
    updated_at timestamptz
);

alter table public.profiles enable row level security;
create policy "Profiles are public" on public.profiles for select using (true);
grant select on public.profiles to anon, authenticated;
