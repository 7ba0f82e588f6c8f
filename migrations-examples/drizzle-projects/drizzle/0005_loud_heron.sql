DROP VIEW "public"."open_tasks";
--> statement-breakpoint
ALTER TABLE "tasks" RENAME COLUMN "title" TO "summary";
--> statement-breakpoint
CREATE VIEW "public"."open_tasks" AS (select "tasks"."id", "tasks"."summary", "tasks"."due", "projects"."title" as "project" from "tasks" inner join "projects" on "projects"."id" = "tasks"."project_id" where "tasks"."state" <> 'done');
