-- Upkeep of accounts: tokens are refreshed ahead of their end, profiles and health kept, budgets
-- known, and an account that is connected again goes on at once.

ALTER TABLE social_accounts
    ADD COLUMN token_stored_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN refreshed_at timestamptz,
    ADD COLUMN refresh_started_at timestamptz,
    ADD COLUMN upkeep_at timestamptz DEFAULT now(),
    ADD COLUMN setbacks smallint NOT NULL DEFAULT 0,
    ADD COLUMN budget jsonb NOT NULL DEFAULT '{}',
    ADD CONSTRAINT social_accounts_setbacks_are_not_negative CHECK (setbacks >= 0);

CREATE INDEX idx_social_accounts_upkeep ON social_accounts (upkeep_at) WHERE status = 'active';

-- A new token connects an account anew, whoever wrote it: the account is active again, its posts go
-- on, and it is looked after at once. Sealing the same token with another key is no new token.
CREATE FUNCTION connect_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.access_token IS DISTINCT FROM OLD.access_token THEN
        NEW.token_stored_at := now();
        NEW.refresh_started_at := NULL;
        IF NEW.refreshed_at IS NOT DISTINCT FROM OLD.refreshed_at THEN
            NEW.refreshed_at := NULL;
        END IF;
        IF NEW.status = OLD.status AND NEW.status IN ('expired', 'revoked', 'error') THEN
            NEW.status := 'active';
        END IF;
    END IF;
    IF NEW.status = 'active' AND OLD.status <> 'active' THEN
        NEW.status_reason := NULL;
        NEW.health := 'unknown';
        NEW.setbacks := 0;
    END IF;
    IF NEW.upkeep_at IS NOT DISTINCT FROM OLD.upkeep_at THEN
        NEW.upkeep_at := now();
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER _250_connect_anew BEFORE UPDATE OF access_token, status ON social_accounts
    FOR EACH ROW WHEN (
        (NEW.access_token IS DISTINCT FROM OLD.access_token
         OR (NEW.status = 'active' AND OLD.status <> 'active'))
        AND coalesce(current_setting('publishing.reseal', true), '') <> 'on'
    ) EXECUTE FUNCTION connect_anew();

GRANT SELECT (token_stored_at, refreshed_at, refresh_started_at, upkeep_at, setbacks, budget)
    ON social_accounts TO publishing_readonly;
