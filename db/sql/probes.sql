-- Called by the scheduler: the probes that are out, and what has become of each since.
SELECT pause.platform::text AS platform, pause.streak, pause.probe_id,
       ARRAY(SELECT a.event::text FROM publication_attempts a
             WHERE a.post_publication_id = pause.probe_id AND a.at > pause.paused_until
             ORDER BY a.id) AS events
FROM platform_pauses pause
WHERE pause.opened_at IS NOT NULL AND pause.probe_id IS NOT NULL
