-- The ledger's writer, and settling. Every function here runs in its caller's transaction, and what it reads after a lock
-- is what the lock's last holder left: that is why these are functions, and not one long statement.

/*
  A UUIDv7 (RFC 9562) for a row that is made here.
*/
CREATE FUNCTION laurel_functions.new_id(_at timestamptz) RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    PLACING substring(int8send((extract(epoch FROM _at) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;

/*
  Takes the wallet for the rest of the transaction, so that one member's moves go in single file. Null, or why nothing may
  move: 'member_not_found', 'member_restricted' (only where `_only_unrestricted`), 'due' (it has to be settled first).
*/
CREATE FUNCTION laurel_functions.open_wallet(
  _tenant uuid, _member uuid, _at timestamptz, _only_unrestricted boolean
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  _wallet wallets;
  _person record;
BEGIN
  SELECT * INTO _wallet FROM wallets w WHERE w."tenantId" = _tenant AND w."memberId" = _member FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN 'member_not_found';
  END IF;
  SELECT m."isRestricted", m."deletedAt" INTO _person FROM members m WHERE m."tenantId" = _tenant AND m."id" = _member;
  IF _person."deletedAt" IS NOT NULL THEN
    RETURN 'member_not_found';
  ELSIF _only_unrestricted AND _person."isRestricted" THEN
    RETURN 'member_restricted';
  ELSIF LEAST(_wallet."nextExpiryAt", _wallet."nextUnlockAt") <= _at THEN
    RETURN 'due';
  END IF;
  RETURN NULL;
END $$;

/*
  How many more points a wallet can take, so that no balance and no total of it ever leaves the range of safe integers:
  pending points will be part of the balance, and the balance of what is spent or of what expires.
*/
CREATE FUNCTION laurel_functions.room_of(_wallet wallets) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT 9007199254740991 - _wallet."pendingPoints" - GREATEST(_wallet."lifetimePoints",
    _wallet."balancePoints" + GREATEST(0, _wallet."spentPoints", _wallet."expiredPoints"))
$$;

/*
  The one writer of points: appends the entry, makes its lot or takes from lots, and moves the wallet, which the caller
  holds. What comes in is one lot that expires at `_expires`, or `_lots` [{points, expiresAt}] together. Lots pay in the
  order of their expiry, then their age; `_first_event`'s own pay first. The id of the entry.
  Raises LR001 where a balance or a total would leave the range of safe integers.
*/
CREATE FUNCTION laurel_functions.post_entry(
  _tenant uuid, _member uuid, _kind text, _points bigint, _at timestamptz,
  _lifetime bigint DEFAULT 0, _spent bigint DEFAULT 0, _expired bigint DEFAULT 0,
  _id uuid DEFAULT NULL, _event uuid DEFAULT NULL, _rule uuid DEFAULT NULL, _benefit uuid DEFAULT NULL,
  _description text DEFAULT NULL, _occurred timestamptz DEFAULT NULL, _expires timestamptz DEFAULT NULL,
  _lots jsonb DEFAULT NULL, _first_event uuid DEFAULT NULL
) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  _entry uuid := COALESCE(_id, laurel_functions.new_id(_at));
  _moment timestamptz := COALESCE(_occurred, _at);
  _wallet wallets;
  _after wallets;
  _next_expiry timestamptz;
  _lot record;
  _needed bigint := -_points;
  _paid bigint;
BEGIN
  SELECT * INTO STRICT _wallet FROM wallets w WHERE w."tenantId" = _tenant AND w."memberId" = _member;
  -- What comes in has to fit wherever it may go, so that spending and expiring always can.
  _after := _wallet;
  _after."balancePoints" := _wallet."balancePoints" + _points;
  _after."lifetimePoints" := _wallet."lifetimePoints" + _lifetime;
  _after."spentPoints" := _wallet."spentPoints" + _spent;
  _after."expiredPoints" := _wallet."expiredPoints" + _expired;
  IF GREATEST(_points, _lifetime) > 0 AND laurel_functions.room_of(_after) < 0 THEN
    RAISE EXCEPTION 'points out of range' USING ERRCODE = 'LR001';
  END IF;

  INSERT INTO ledger_entries ("tenantId", "id", "memberId", "sequence", "kind", "points", "balanceAfterPoints",
    "lifetimePoints", "spentPoints", "expiredPoints", "eventId", "ruleId", "benefitId", "description", "occurredAt",
    "createdAt")
  VALUES (_tenant, _entry, _member, _wallet."entryCount" + 1, _kind, _points, _wallet."balancePoints" + _points,
    _lifetime, _spent, _expired, _event, _rule, _benefit, _description, _moment, _at);

  _next_expiry := _wallet."nextExpiryAt";
  IF _points > 0 THEN
    INSERT INTO point_lots ("tenantId", "id", "memberId", "entryId", "earnedPoints", "remainingPoints", "earnedAt",
      "expiresAt")
    SELECT _tenant, laurel_functions.new_id(_at), _member, _entry, n."points", n."points", _moment, n."expiresAt"
    FROM jsonb_to_recordset(COALESCE(_lots, jsonb_build_array(
      jsonb_build_object('points', _points, 'expiresAt', _expires)))) AS n("points" bigint, "expiresAt" timestamptz);
    SELECT LEAST(_next_expiry, min(l."expiresAt")) INTO _next_expiry FROM point_lots l
      WHERE l."tenantId" = _tenant AND l."entryId" = _entry;
  ELSIF _points < 0 THEN
    IF _first_event IS NOT NULL THEN
      FOR _lot IN
        SELECT l."id", l."remainingPoints" FROM point_lots l
        JOIN ledger_entries e ON e."tenantId" = l."tenantId" AND e."id" = l."entryId" AND e."eventId" = _first_event
        WHERE l."tenantId" = _tenant AND l."memberId" = _member AND l."remainingPoints" > 0
      LOOP
        EXIT WHEN _needed = 0;
        _paid := LEAST(_needed, _lot."remainingPoints");
        INSERT INTO lot_spends ("tenantId", "entryId", "lotId", "points") VALUES (_tenant, _entry, _lot."id", _paid);
        _needed := _needed - _paid;
      END LOOP;
    END IF;
    IF _needed > 0 THEN
      FOR _lot IN
        SELECT l."id", l."remainingPoints" FROM point_lots l
        WHERE l."tenantId" = _tenant AND l."memberId" = _member AND l."remainingPoints" > 0
        ORDER BY l."expiresAt", l."earnedAt", l."id"
      LOOP
        _paid := LEAST(_needed, _lot."remainingPoints");
        INSERT INTO lot_spends ("tenantId", "entryId", "lotId", "points") VALUES (_tenant, _entry, _lot."id", _paid);
        _needed := _needed - _paid;
        EXIT WHEN _needed = 0;
      END LOOP;
    END IF;
    SELECT l."expiresAt" INTO _next_expiry FROM point_lots l
      WHERE l."tenantId" = _tenant AND l."memberId" = _member AND l."remainingPoints" > 0
      ORDER BY l."expiresAt", l."earnedAt", l."id" LIMIT 1;
  END IF;

  UPDATE wallets w SET
    "balancePoints" = w."balancePoints" + _points,
    "lifetimePoints" = w."lifetimePoints" + _lifetime,
    "spentPoints" = w."spentPoints" + _spent,
    "expiredPoints" = w."expiredPoints" + _expired,
    "entryCount" = w."entryCount" + 1,
    "nextExpiryAt" = _next_expiry
  WHERE w."tenantId" = _tenant AND w."memberId" = _member;
  RETURN _entry;
END $$;

/*
  When points that come in at `_at` expire in this programme; null: never.
*/
CREATE FUNCTION laurel_functions.expiry_from(_tenant uuid, _at timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT _at + t."pointsExpireAfterDays" * interval '24 hours' FROM tenants t WHERE t."id" = _tenant
$$;

/*
  Brings a wallet up to `_at`: pending points whose time has come become points, then what has expired goes, an entry and
  a POINTS_EXPIRED for each day. Answers with those events, for rules that listen to them.
*/
CREATE FUNCTION laurel_functions.settle_wallet(_tenant uuid, _member uuid, _at timestamptz) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  _wallet wallets;
  _waiting pending_points;
  _entry uuid;
  _day record;
  _event uuid;
  _events jsonb := '[]';
BEGIN
  SELECT * INTO _wallet FROM wallets w WHERE w."tenantId" = _tenant AND w."memberId" = _member FOR NO KEY UPDATE;

  IF _wallet."nextUnlockAt" <= _at THEN
    FOR _waiting IN
      SELECT * FROM pending_points p
      WHERE p."tenantId" = _tenant AND p."memberId" = _member AND p."settledAt" IS NULL AND p."unlocksAt" <= _at
      ORDER BY p."unlocksAt", p."id"
    LOOP
      UPDATE wallets w SET "pendingPoints" = w."pendingPoints" - _waiting."points"
        WHERE w."tenantId" = _tenant AND w."memberId" = _member;
      _entry := laurel_functions.post_entry(_tenant, _member, 'EARN', _waiting."points", _at,
        _lifetime => _waiting."points", _event => _waiting."eventId", _rule => _waiting."ruleId",
        _occurred => _waiting."unlocksAt", _expires => laurel_functions.expiry_from(_tenant, _waiting."unlocksAt"));
      UPDATE pending_points p SET "settledAt" = _at, "entryId" = _entry
        WHERE p."tenantId" = _tenant AND p."id" = _waiting."id";
      UPDATE rule_activations a SET "entryId" = _entry
        WHERE a."tenantId" = _tenant AND a."eventId" = _waiting."eventId" AND a."ruleId" = _waiting."ruleId";
    END LOOP;
    PERFORM laurel_functions.note_next_unlock(_tenant, _member);
  END IF;

  FOR _day IN
    SELECT sum(l."remainingPoints")::bigint AS "points", max(l."expiresAt") AS "at" FROM point_lots l
    WHERE l."tenantId" = _tenant AND l."memberId" = _member AND l."remainingPoints" > 0 AND l."expiresAt" <= _at
    GROUP BY (l."expiresAt" AT TIME ZONE 'UTC')::date ORDER BY 2
  LOOP
    _event := laurel_functions.new_id(_at);
    INSERT INTO events ("tenantId", "id", "memberId", "type", "payload", "occurredAt", "createdAt")
      VALUES (_tenant, _event, _member, 'POINTS_EXPIRED', jsonb_build_object('points', _day."points"), _day."at", _at);
    PERFORM laurel_functions.post_entry(_tenant, _member, 'EXPIRY', -_day."points", _at,
      _expired => _day."points", _event => _event, _occurred => _day."at");
    _events := _events || jsonb_build_object('id', _event, 'payload', jsonb_build_object('points', _day."points"),
      'occurredAt', _day."at");
  END LOOP;
  RETURN _events;
END $$;

CREATE FUNCTION laurel_functions.note_next_unlock(_tenant uuid, _member uuid) RETURNS void LANGUAGE sql AS $$
  UPDATE wallets w SET "nextUnlockAt" = (
    SELECT min(p."unlocksAt") FROM pending_points p
    WHERE p."tenantId" = _tenant AND p."memberId" = _member AND p."settledAt" IS NULL)
  WHERE w."tenantId" = _tenant AND w."memberId" = _member
$$;

/*
  What counts towards a tier: all that was ever earned, or what was earned in the programme's window.
*/
CREATE FUNCTION laurel_functions.tier_points(_tenant uuid, _member uuid, _lifetime bigint, _at timestamptz)
RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  _days int;
  _from timestamptz;
  _earned bigint;
  _has_reversals boolean;
BEGIN
  SELECT t."tierWindowDays" INTO _days FROM tenants t WHERE t."id" = _tenant;
  IF _days IS NULL THEN
    RETURN _lifetime;
  END IF;
  _from := _at - _days * interval '24 hours';
  SELECT COALESCE(sum(e."lifetimePoints"), 0), bool_or(e."lifetimePoints" < 0) INTO _earned, _has_reversals
    FROM ledger_entries e
    WHERE e."tenantId" = _tenant AND e."memberId" = _member AND e."lifetimePoints" <> 0 AND e."occurredAt" > _from;
  IF _has_reversals THEN
    -- A reversal counts against what it took back, and so leaves the window with that.
    SELECT _earned + COALESCE(sum(x."lifetimePoints"), 0) INTO _earned
      FROM ledger_entries e
      JOIN rule_activations a ON a."tenantId" = e."tenantId" AND a."eventId" = e."eventId"
      JOIN ledger_entries x ON x."tenantId" = a."tenantId" AND x."id" = a."entryId" AND x."occurredAt" <= _from
      WHERE e."tenantId" = _tenant AND e."memberId" = _member AND e."lifetimePoints" < 0
        AND e."lifetimePoints" <> 0 AND e."occurredAt" > _from;
  END IF;
  RETURN GREATEST(0, _earned);
END $$;
