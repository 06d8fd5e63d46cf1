-- The ledger's writer, and settling. Every function here runs in its caller's transaction, and what it reads after a lock
-- is what the lock's last holder left: that is why these are functions, and not one long statement.

/*
  A UUIDv7 (RFC 9562) for a row that is made here.
*/
CREATE FUNCTION laurel_functions.new_id(_at timestamptz) RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    PLACING substring(int8send((date_part('epoch', _at) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;

/*
  Takes the wallet for the rest of the transaction, so that one member's moves go in single file. Null, or why nothing may
  move: see wallet_problem.
*/
CREATE FUNCTION laurel_functions.open_wallet(
  _tenant uuid, _member uuid, _at timestamptz, _only_unrestricted boolean
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  _wallet wallets;
BEGIN
  SELECT * INTO _wallet FROM wallets w WHERE w."tenantId" = _tenant AND w."memberId" = _member FOR NO KEY UPDATE;
  RETURN laurel_functions.wallet_problem(_wallet, _at, _only_unrestricted);
END $$;

/*
  Why nothing may move in a wallet that the caller holds, or looked for in vain; null where nothing stands in the way.
  'member_not_found', 'member_restricted' (only where `_only_unrestricted`), 'due' (it has to be settled first).
*/
CREATE FUNCTION laurel_functions.wallet_problem(_wallet wallets, _at timestamptz, _only_unrestricted boolean)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  _is_restricted boolean;
  _deleted timestamptz;
BEGIN
  SELECT m."isRestricted", m."deletedAt" INTO _is_restricted, _deleted
    FROM members m WHERE m."tenantId" = _wallet."tenantId" AND m."id" = _wallet."memberId";
  IF NOT FOUND OR _deleted IS NOT NULL THEN
    RETURN 'member_not_found';
  ELSIF _only_unrestricted AND _is_restricted THEN
    RETURN 'member_restricted';
  ELSIF LEAST(_wallet."nextExpiryAt", _wallet."nextUnlockAt") <= _at THEN
    RETURN 'due';
  END IF;
  RETURN NULL;
END $$;

/*
  How many more points a wallet can take after a move, so that no balance and no total of it ever leaves the range of safe
  integers: pending points will be part of the balance, and the balance of what is spent or of what expires.
*/
CREATE FUNCTION laurel_functions.room_for(_wallet wallets, _points bigint, _lifetime bigint, _spent bigint, _expired bigint)
RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT 9007199254740991 - _wallet."pendingPoints" - GREATEST(_wallet."lifetimePoints" + _lifetime,
    _wallet."balancePoints" + _points + GREATEST(0, _wallet."spentPoints" + _spent, _wallet."expiredPoints" + _expired))
$$;

/*
  The writer of points: appends the entry, makes its lot or takes from lots, and moves the wallet, which the caller
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
  _next_expiry timestamptz;
  _lot record;
  _needed bigint := -_points;
  _paid bigint;
  _paying uuid[] := '{}'; -- the lots that pay, and how much each of them
  _shares bigint[] := '{}';
  _used_up uuid[] := '{}';
BEGIN
  IF _points > 0 THEN
    _next_expiry := CASE WHEN _lots IS NULL THEN _expires
      ELSE (SELECT min(n."expiresAt") FROM jsonb_to_recordset(_lots) AS n("expiresAt" timestamptz)) END;
  ELSIF _points < 0 THEN
    IF _first_event IS NOT NULL THEN
      FOR _lot IN
        SELECT l."id", l."remainingPoints" FROM point_lots l
        JOIN ledger_entries e ON e."tenantId" = l."tenantId" AND e."id" = l."entryId" AND e."eventId" = _first_event
        WHERE l."tenantId" = _tenant AND l."memberId" = _member AND l."remainingPoints" > 0
      LOOP
        EXIT WHEN _needed = 0;
        _paid := LEAST(_needed, _lot."remainingPoints");
        _paying := _paying || _lot."id";
        _shares := _shares || _paid;
        _needed := _needed - _paid;
        IF _paid = _lot."remainingPoints" THEN
          _used_up := _used_up || _lot."id";
        END IF;
      END LOOP;
    END IF;
    -- On to the first lot that has something left: with it the wallet's next expiry is known, too.
    FOR _lot IN
      SELECT l."id", l."remainingPoints", l."expiresAt" FROM point_lots l
      WHERE l."tenantId" = _tenant AND l."memberId" = _member AND l."remainingPoints" > 0 AND l."id" <> ALL(_used_up)
      ORDER BY l."expiresAt", l."earnedAt", l."id"
    LOOP
      _paid := LEAST(_needed, _lot."remainingPoints");
      IF _paid > 0 THEN
        _paying := _paying || _lot."id";
        _shares := _shares || _paid;
        _needed := _needed - _paid;
      END IF;
      IF _paid < _lot."remainingPoints" THEN
        _next_expiry := _lot."expiresAt";
        EXIT;
      END IF;
    END LOOP;
  END IF;

  -- What comes in has to fit wherever it may go, so that spending and expiring always can.
  UPDATE wallets w SET
    "balancePoints" = w."balancePoints" + _points,
    "lifetimePoints" = w."lifetimePoints" + _lifetime,
    "spentPoints" = w."spentPoints" + _spent,
    "expiredPoints" = w."expiredPoints" + _expired,
    "entryCount" = w."entryCount" + 1,
    "nextExpiryAt" = CASE WHEN _points < 0 THEN _next_expiry ELSE LEAST(w."nextExpiryAt", _next_expiry) END
  WHERE w."tenantId" = _tenant AND w."memberId" = _member
    AND (GREATEST(_points, _lifetime) <= 0
      OR laurel_functions.room_for(w, _points, _lifetime, _spent, _expired) >= 0)
  RETURNING * INTO _wallet;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'points out of range' USING ERRCODE = 'LR001';
  END IF;

  INSERT INTO ledger_entries ("tenantId", "id", "memberId", "sequence", "kind", "points", "balanceAfterPoints",
    "lifetimePoints", "spentPoints", "expiredPoints", "eventId", "ruleId", "benefitId", "description", "occurredAt",
    "createdAt")
  VALUES (_tenant, _entry, _member, _wallet."entryCount", _kind, _points, _wallet."balancePoints",
    _lifetime, _spent, _expired, _event, _rule, _benefit, _description, _moment, _at);
  IF _points > 0 AND _lots IS NULL THEN
    INSERT INTO point_lots ("tenantId", "id", "memberId", "entryId", "earnedPoints", "remainingPoints", "earnedAt",
      "expiresAt")
    VALUES (_tenant, laurel_functions.new_id(_at), _member, _entry, _points, _points, _moment, _expires);
  ELSIF _points > 0 THEN
    INSERT INTO point_lots ("tenantId", "id", "memberId", "entryId", "earnedPoints", "remainingPoints", "earnedAt",
      "expiresAt")
    SELECT _tenant, laurel_functions.new_id(_at), _member, _entry, n."points", n."points", _moment, n."expiresAt"
    FROM jsonb_to_recordset(_lots) AS n("points" bigint, "expiresAt" timestamptz);
  ELSIF _points < 0 THEN
    INSERT INTO lot_spends ("tenantId", "entryId", "lotId", "points")
      SELECT _tenant, _entry, p."lotId", p."points" FROM unnest(_paying, _shares) AS p("lotId", "points");
  END IF;
  RETURN _entry;
END $$;

/*
  The same for what several rules give for one event, each as an entry with a lot of its own. `_earned` become points at
  once; `_waiting` of them are on their way, the first until `_unlocks`. The wallet as it is then.
*/
CREATE FUNCTION laurel_functions.post_earnings(
  _tenant uuid, _member uuid, _event uuid, _occurred timestamptz, _at timestamptz,
  _rules uuid[], _entries uuid[], _points bigint[], _waiting bigint, _unlocks timestamptz
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  _earned bigint := 0;
  _each bigint;
  _totals bigint[] := '{}';
  _expires timestamptz;
  _wallet wallets;
BEGIN
  FOREACH _each IN ARRAY _points LOOP
    _earned := _earned + _each;
    _totals := _totals || _earned;
  END LOOP;
  IF _earned > 0 THEN
    _expires := laurel_functions.expiry_from(_tenant, _at);
  END IF;

  UPDATE wallets w SET
    "balancePoints" = w."balancePoints" + _earned,
    "lifetimePoints" = w."lifetimePoints" + _earned,
    "pendingPoints" = w."pendingPoints" + _waiting,
    "entryCount" = w."entryCount" + cardinality(_entries),
    "nextExpiryAt" = LEAST(w."nextExpiryAt", _expires),
    "nextUnlockAt" = LEAST(w."nextUnlockAt", _unlocks)
  WHERE w."tenantId" = _tenant AND w."memberId" = _member
    AND laurel_functions.room_for(w, _earned, _earned, 0, 0) >= _waiting
  RETURNING * INTO _wallet;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'points out of range' USING ERRCODE = 'LR001';
  END IF;

  IF _earned > 0 THEN
    INSERT INTO ledger_entries ("tenantId", "id", "memberId", "sequence", "kind", "points", "balanceAfterPoints",
      "lifetimePoints", "spentPoints", "expiredPoints", "eventId", "ruleId", "occurredAt", "createdAt")
    SELECT _tenant, g."id", _member, _wallet."entryCount" - cardinality(_entries) + g."number", 'EARN', g."points",
      _wallet."balancePoints" - _earned + g."total", g."points", 0, 0, _event, g."ruleId", _occurred, _at
    FROM unnest(_entries, _rules, _points, _totals) WITH ORDINALITY AS g("id", "ruleId", "points", "total", "number");
    INSERT INTO point_lots ("tenantId", "id", "memberId", "entryId", "earnedPoints", "remainingPoints", "earnedAt",
      "expiresAt")
    SELECT _tenant, laurel_functions.new_id(_at), _member, g."id", g."points", g."points", _occurred, _expires
    FROM unnest(_entries, _points) AS g("id", "points");
  END IF;
  RETURN _wallet."balancePoints";
END $$;

/*
  When points that come in at `_at` expire in this programme; null: never.
*/
CREATE FUNCTION laurel_functions.expiry_from(_tenant uuid, _at timestamptz) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT _at + t."pointsExpireAfterDays" * interval '24 hours' FROM tenants t WHERE t."id" = _tenant);
END $$;

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
