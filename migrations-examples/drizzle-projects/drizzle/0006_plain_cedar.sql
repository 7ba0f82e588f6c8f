ALTER TYPE "public"."task_state" ADD VALUE 'blocked' BEFORE 'done';
--> statement-breakpoint
ALTER TABLE "workspaces" ALTER COLUMN "plan" SET DEFAULT 'trial';
--> statement-breakpoint
ALTER TABLE "tasks" ALTER COLUMN "estimate" SET DATA TYPE numeric(6, 2);
