create table public.likes (
    recipe_id bigint not null references public.recipes (id) on delete cascade,
    profile_id uuid not null references public.profiles (id) on delete cascade,
    primary key (recipe_id, profile_id)
);

create function public.like_count(recipe public.recipes) returns bigint
language sql stable
as $$ select count(*) from public.likes where recipe_id = recipe.id $$;

grant execute on function public.like_count(public.recipes) to anon, authenticated;
