-- Called by `posts validate`: the post as each platform would get it. No row: no such post;
-- platform null: it names no target.
SELECT t.platform, p.content, p.content_type, p.title,
       coalesce(p.metadata -> t.platform::text, '{}') || coalesce(t.metadata, '{}') AS options,
       (SELECT coalesce(jsonb_agg(to_jsonb(m) ORDER BY m."order", m.created_at), '[]')
        FROM media m WHERE m.post_id = p.id) AS media
FROM posts p
LEFT JOIN post_publications t ON t.post_id = p.id
WHERE p.id = :post
ORDER BY t.platform, t.id
