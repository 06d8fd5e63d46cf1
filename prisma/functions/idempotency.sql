-- One effect for one Idempotency-Key (contract: "exactly once"). A command claims the key first and keeps its result last,
-- in its own transaction, so that the two are there together or not at all; a refusal leaves the key as it was.

/*
  Waits for a call that runs with the same key. Null where this is the first; else what to answer instead:
  {"outcome": "replayed", "result": …}, or {"outcome": "refused", "code": "idempotency_key_reused"}. `_key` is null where
  the call has none. Raises 55P03 where the other one takes longer than ten seconds.
*/
CREATE FUNCTION laurel_functions.claim_key(_tenant uuid, _key jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  _timeout text;
  _kept idempotency_keys;
BEGIN
  IF _key IS NULL OR jsonb_typeof(_key) = 'null' THEN
    RETURN NULL;
  END IF;
  _timeout := current_setting('lock_timeout');
  PERFORM set_config('lock_timeout', '10s', true);
  PERFORM pg_advisory_xact_lock(hashtextextended(_tenant || ' ' || (_key->>'scope') || ' ' || (_key->>'key'), 7215004));
  PERFORM set_config('lock_timeout', _timeout, true);

  SELECT * INTO _kept FROM idempotency_keys k
    WHERE k."tenantId" = _tenant AND k."scope" = _key->>'scope' AND k."key" = _key->>'key';
  IF NOT FOUND THEN
    RETURN NULL;
  ELSIF NOT (_key->'bodyHmacs') ? _kept."bodyHmac" THEN
    RETURN jsonb_build_object('outcome', 'refused', 'code', 'idempotency_key_reused');
  END IF;
  RETURN jsonb_build_object('outcome', 'replayed', 'result', _kept."result");
END $$;

CREATE FUNCTION laurel_functions.keep_result(_tenant uuid, _key jsonb, _result jsonb, _at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF _key IS NOT NULL AND jsonb_typeof(_key) <> 'null' THEN
    INSERT INTO idempotency_keys ("tenantId", "scope", "key", "bodyHmac", "result", "createdAt")
      VALUES (_tenant, _key->>'scope', _key->>'key', _key->'bodyHmacs'->>0, _result, _at);
  END IF;
END $$;
