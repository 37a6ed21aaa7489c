INSERT INTO post_words (post_id, words) SELECT id, words_of(title, content) FROM posts
ON CONFLICT DO NOTHING;
