create function public.touch() returns trigger
language plpgsql
security definer set search_path = ''
as $$
begin
    new.updated_at := now();
    return new;
end;
$$;

create trigger profiles_touch before update on public.profiles
    for each row execute function public.touch();
