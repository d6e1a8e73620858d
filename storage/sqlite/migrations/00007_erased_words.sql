-- An event of the log may lose what people wrote into it, when somebody is forgotten: nothing else of it changes, and it never grows.

-- +goose Up

DROP TRIGGER events_no_update;

-- +goose StatementBegin
CREATE TRIGGER events_no_update BEFORE UPDATE ON events
WHEN NEW.org <> OLD.org OR NEW.sequence <> OLD.sequence OR NEW.type <> OLD.type OR NEW.happened_at <> OLD.happened_at
    OR NEW.actor <> OLD.actor OR NEW.order_id <> OLD.order_id OR NEW.technician_id <> OLD.technician_id OR NEW.state <> OLD.state
    OR NEW.version <> OLD.version OR OLD.order_id = ''
    OR length(NEW.reason) > length(OLD.reason) AND NOT (substr(NEW.reason, 1, 3) = 's1.' AND substr(OLD.reason, 1, 3) <> 's1.')
    OR length(NEW.detail) > length(OLD.detail) AND NOT (substr(NEW.detail, 1, 3) = 's1.' AND substr(OLD.detail, 1, 3) <> 's1.')
BEGIN
    SELECT RAISE(ABORT, 'events_append_only: an event is never changed, but for words that are erased');
END;
-- +goose StatementEnd

-- +goose Down

DROP TRIGGER events_no_update;

-- +goose StatementBegin
CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events_append_only: an event is never changed');
END;
-- +goose StatementEnd
