alter table public.profiles add constraint profiles_username_length check (char_length(username) >= 3) not valid;
alter table public.profiles alter column username set not null;
revoke select on public.profiles from anon;
