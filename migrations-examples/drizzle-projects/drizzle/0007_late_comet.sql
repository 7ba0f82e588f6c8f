ALTER TABLE "members" DROP CONSTRAINT "members_workspace_id_email_pk";
--> statement-breakpoint
ALTER TABLE "members" ADD COLUMN "id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL;
--> statement-breakpoint
CREATE UNIQUE INDEX "members_email_idx" ON "members" USING btree (lower("email"));
