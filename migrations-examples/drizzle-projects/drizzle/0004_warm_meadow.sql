ALTER TABLE "tasks" ADD COLUMN "assignee" text;
