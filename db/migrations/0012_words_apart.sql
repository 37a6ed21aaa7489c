-- The words of a post in a table of their own: in posts they were computed and indexed anew with
-- every move of a status.

CREATE TABLE post_words (
    post_id uuid PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
    words   tsvector NOT NULL
);

CREATE INDEX idx_post_words_gin ON post_words USING gin (words);

CREATE FUNCTION words_of(title text, content text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN setweight(to_tsvector('simple', coalesce(title, '')), 'A')
       || setweight(to_tsvector('simple', left(content, 100000)), 'B');

CREATE FUNCTION keep_words() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO post_words (post_id, words) VALUES (NEW.id, words_of(NEW.title, NEW.content))
    ON CONFLICT (post_id) DO UPDATE SET words = excluded.words;
    RETURN NULL;
END $$;

CREATE TRIGGER _850_keep_words AFTER INSERT OR UPDATE OF title, content ON posts
    FOR EACH ROW EXECUTE FUNCTION keep_words();

GRANT SELECT ON post_words TO publishing_worker, publishing_app, publishing_readonly;
ALTER TABLE post_words ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON post_words TO publishing_worker, publishing_readonly USING (true);
CREATE POLICY own ON post_words TO publishing_app
    USING (EXISTS (SELECT FROM posts p WHERE p.id = post_id));
