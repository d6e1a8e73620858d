-- An event of the log may lose what people wrote into it, when somebody is forgotten: nothing else of it changes, and it never grows.

-- +goose Up

-- +goose StatementBegin
CREATE FUNCTION events_only_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.org, NEW.sequence, NEW.type, NEW.happened_at, NEW.actor, NEW.order_id, NEW.technician_id, NEW.state, NEW.version)
        IS DISTINCT FROM
        (OLD.org, OLD.sequence, OLD.type, OLD.happened_at, OLD.actor, OLD.order_id, OLD.technician_id, OLD.state, OLD.version)
        OR OLD.order_id = ''
        OR length(NEW.reason) > length(OLD.reason) AND NOT (NEW.reason LIKE 's1.%' AND OLD.reason NOT LIKE 's1.%')
        OR length(NEW.detail) > length(OLD.detail) AND NOT (NEW.detail LIKE 's1.%' AND OLD.detail NOT LIKE 's1.%')
    THEN
        RAISE EXCEPTION 'events_append_only: an event is never changed, but for words that are erased'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'events_append_only';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd

DROP TRIGGER events_no_update ON events;
CREATE TRIGGER events_no_update BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION events_only_erased();
GRANT UPDATE (reason, detail) ON events TO fettle_service;

-- +goose Down

REVOKE UPDATE (reason, detail) ON events FROM fettle_service;
DROP TRIGGER events_no_update ON events;
CREATE TRIGGER events_no_update BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION events_append_only();
DROP FUNCTION events_only_erased;
