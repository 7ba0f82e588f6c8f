-- CreateIndex
CREATE INDEX CONCURRENTLY "Comment_postId_idx" ON "Comment"("postId");
