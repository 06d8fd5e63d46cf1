-- Events, and what rules give for them. Which rules fire is worked out before, in exact decimals; here it is decided,
-- under the locks, how many of them still may: limits, budgets and stocks.

/*
  Takes the rows that many members share, always in one order (rules, then rewards, each by its id), so that no two
  transactions wait for each other: the rules with a budget and the rewards among `_candidates`, and `_rewards`.
*/
CREATE FUNCTION laurel_functions.hold_shared_rows(_tenant uuid, _candidates jsonb, _rewards uuid[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  _rules uuid[] := '{}';
  _all_rewards uuid[] := _rewards;
BEGIN
  IF laurel_functions.has_shared_rows(_candidates) THEN
    _rules := ARRAY(SELECT (c->>'ruleId')::uuid FROM jsonb_array_elements(_candidates) c WHERE (c->>'hasBudget')::boolean);
    _all_rewards := _rewards || ARRAY(SELECT (c->>'rewardId')::uuid FROM jsonb_array_elements(_candidates) c
      WHERE c ? 'rewardId');
  END IF;
  IF cardinality(_rules) > 0 THEN
    PERFORM 1 FROM rules r WHERE r."tenantId" = _tenant AND r."id" = ANY(_rules) ORDER BY r."id" FOR NO KEY UPDATE;
  END IF;
  IF cardinality(_all_rewards) > 0 THEN
    PERFORM 1 FROM rewards r WHERE r."tenantId" = _tenant AND r."id" = ANY(_all_rewards) ORDER BY r."id" FOR NO KEY UPDATE;
  END IF;
END $$;

/*
  Whether one of the candidates takes from a budget or gives a reward.
*/
CREATE FUNCTION laurel_functions.has_shared_rows(_candidates jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT _candidates @? '$[*] ? (@.hasBudget == true || exists(@.rewardId))'
$$;

/*
  Gives what the candidates of an event give, in their order, each once, and none beyond its limit, budget or stock. The
  caller holds the wallet and the shared rows. Reactions raise no events, so rules cannot set off each other.
  A candidate: ruleId, ruleName, points and pendingDays or rewardId and codes, hasBudget, limit {times, from, to} or null.
*/
CREATE FUNCTION laurel_functions.react(
  _tenant uuid, _member uuid, _event uuid, _occurred timestamptz, _candidates jsonb, _at timestamptz
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  _reactions jsonb := '[]';
  _candidate jsonb;
  _limit jsonb;
  _rule uuid;
  _points bigint;
  _entry uuid;
  _pending uuid;
  _benefit uuid;
  _unlocks timestamptz;
  _reward rewards;
  _had int;
  -- What is given, each at its place: written at once in the end.
  _rules uuid[] := '{}';
  _given bigint[] := '{}';
  _entries uuid[] := '{}';
  _pendings uuid[] := '{}';
  _benefits uuid[] := '{}';
  _earning_rules uuid[] := '{}';
  _earned bigint[] := '{}';
  _earned_entries uuid[] := '{}';
  _waiting bigint := 0;
  _first_unlock timestamptz;
BEGIN
  FOR _number IN 0 .. jsonb_array_length(_candidates) - 1 LOOP
    _candidate := _candidates->_number;
    _rule := _candidate->>'ruleId';
    _points := _candidate->>'points';
    _entry := NULL;
    _pending := NULL;
    _benefit := NULL;

    _limit := _candidate->'limit';
    IF jsonb_typeof(_limit) = 'object' THEN
      SELECT count(*) INTO _had FROM (
        SELECT 1 FROM rule_activations a
        WHERE a."tenantId" = _tenant AND a."memberId" = _member AND a."ruleId" = _rule AND a."reversedAt" IS NULL
          AND a."occurredAt" >= COALESCE((_limit->>'from')::timestamptz, '-infinity')
          AND a."occurredAt" < COALESCE((_limit->>'to')::timestamptz, 'infinity')
        LIMIT (_limit->>'times')::int) had;
      CONTINUE WHEN _had >= (_limit->>'times')::int;
    END IF;

    IF _points IS NOT NULL THEN
      IF (_candidate->>'hasBudget')::boolean THEN
        UPDATE rules r SET "budgetUsedPoints" = r."budgetUsedPoints" + _points
          WHERE r."tenantId" = _tenant AND r."id" = _rule
            AND (r."limits"->>'budgetPoints' IS NULL
              OR r."budgetUsedPoints" + _points <= (r."limits"->>'budgetPoints')::bigint);
        CONTINUE WHEN NOT FOUND;
      END IF;
      _unlocks := _occurred + (_candidate->>'pendingDays')::int * interval '24 hours';
      IF _unlocks > _at AND (_candidate->>'pendingDays')::int > 0 THEN
        _pending := laurel_functions.new_id(_at);
        INSERT INTO pending_points ("tenantId", "id", "memberId", "points", "eventId", "ruleId", "occurredAt", "unlocksAt",
          "createdAt") VALUES (_tenant, _pending, _member, _points, _event, _rule, _occurred, _unlocks, _at);
        _waiting := _waiting + _points;
        _first_unlock := LEAST(_first_unlock, _unlocks);
      ELSE
        _entry := laurel_functions.new_id(_at);
        _earned_entries := _earned_entries || _entry;
        _earned := _earned || _points;
        _earning_rules := _earning_rules || _rule;
      END IF;
    ELSE
      SELECT * INTO _reward FROM rewards r
        WHERE r."tenantId" = _tenant AND r."id" = (_candidate->>'rewardId')::uuid AND r."archivedAt" IS NULL;
      CONTINUE WHEN NOT FOUND OR laurel_functions.problem_with_handing_out(_reward, _member) IS NOT NULL;
      _benefit := laurel_functions.new_id(_at);
      CONTINUE WHEN NOT laurel_functions.hand_out(_reward, _member, _benefit, _event, NULL, 0, _candidate->'codes', NULL, _at);
      PERFORM laurel_functions.count_issued(_reward);
    END IF;

    _rules := _rules || _rule;
    _given := _given || _points;
    _entries := _entries || _entry;
    _pendings := _pendings || _pending;
    _benefits := _benefits || _benefit;
    _reactions := _reactions || jsonb_strip_nulls(jsonb_build_object(
      'type', CASE WHEN _points IS NULL THEN 'REWARD' ELSE 'POINTS' END,
      'ruleId', _rule, 'ruleName', _candidate->>'ruleName', 'points', _points, 'benefitId', _benefit));
  END LOOP;

  IF cardinality(_earned) > 0 OR _waiting > 0 THEN
    PERFORM laurel_functions.post_earnings(_tenant, _member, _event, _occurred, _at, _earning_rules, _earned_entries,
      _earned, _waiting, _first_unlock);
  END IF;
  IF cardinality(_rules) > 0 THEN
    INSERT INTO rule_activations ("tenantId", "eventId", "ruleId", "memberId", "points", "entryId", "pendingId",
      "benefitId", "occurredAt", "createdAt")
    SELECT _tenant, _event, g."ruleId", _member, g."points", g."entryId", g."pendingId", g."benefitId", _occurred, _at
    FROM unnest(_rules, _given, _entries, _pendings, _benefits)
      AS g("ruleId", "points", "entryId", "pendingId", "benefitId");
  END IF;
  RETURN _reactions;
END $$;

/*
  The active rules that listen to a type of event, in their order, each with the reward that it gives.
*/
CREATE FUNCTION laurel_functions.rules_for(_tenant uuid, _type text) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT COALESCE(jsonb_agg(to_jsonb(r) || jsonb_build_object(
    'rewardId', w."id", 'rewardCodeType', w."codeType", 'rewardCodePattern', w."codePattern"
  ) ORDER BY r."priority" DESC, r."name"), '[]')
  FROM rules r
  LEFT JOIN rewards w ON w."tenantId" = r."tenantId" AND w."externalId" = r."effect"->>'reward'
    AND w."archivedAt" IS NULL
  WHERE r."tenantId" = _tenant AND r."eventType" = _type AND r."isActive");
END $$;

/*
  What an event is answered with: it, what rules gave for it, and the balance as it is now.
*/
CREATE FUNCTION laurel_functions.event_result(_tenant uuid, _event uuid, _is_known boolean) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'event', to_jsonb(e),
    'reactions', COALESCE((
      SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
        'type', CASE WHEN a."points" IS NULL THEN 'REWARD' ELSE 'POINTS' END,
        'ruleId', a."ruleId", 'ruleName', r."name", 'points', a."points", 'benefitId', a."benefitId"))
        ORDER BY r."priority" DESC, r."name")
      FROM rule_activations a JOIN rules r ON r."tenantId" = a."tenantId" AND r."id" = a."ruleId"
      WHERE a."tenantId" = _tenant AND a."eventId" = _event), '[]'),
    'balancePoints', w."balancePoints",
    'isKnown', _is_known)
  FROM events e JOIN wallets w ON w."tenantId" = e."tenantId" AND w."memberId" = e."memberId"
  WHERE e."tenantId" = _tenant AND e."id" = _event
$$;

/*
  An event that was reported, whole. `i` holds tenantId, memberId, event {id, type, payload, externalId, occurredAt},
  candidates, key, at. Answers as purchase_reward does; a known externalId is answered with the first event.
*/
CREATE FUNCTION laurel_functions.report_event(i jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  _tenant uuid := i->>'tenantId';
  _member uuid := i->>'memberId';
  _at timestamptz := i->>'at';
  _external text := i->'event'->>'externalId';
  _wallet wallets;
  _problem text;
  _answer jsonb;
  _event events;
  _reactions jsonb;
BEGIN
  _answer := laurel_functions.claim_key(_tenant, i->'key');
  IF _answer IS NOT NULL THEN
    RETURN _answer;
  END IF;
  SELECT * INTO _wallet FROM wallets w WHERE w."tenantId" = _tenant AND w."memberId" = _member FOR NO KEY UPDATE;
  _problem := laurel_functions.wallet_problem(_wallet, _at, true);
  IF _problem IS NOT NULL THEN
    RETURN jsonb_build_object('outcome', 'refused', 'code', _problem);
  END IF;

  -- Waits where another report with this externalId is on its way.
  INSERT INTO events ("tenantId", "id", "memberId", "type", "payload", "externalId", "occurredAt", "createdAt")
    VALUES (_tenant, (i->'event'->>'id')::uuid, _member, i->'event'->>'type', i->'event'->'payload', _external,
      (i->'event'->>'occurredAt')::timestamptz, _at)
    ON CONFLICT ("tenantId", "externalId") DO NOTHING
    RETURNING * INTO _event;
  IF NOT FOUND THEN
    SELECT * INTO _event FROM events e WHERE e."tenantId" = _tenant AND e."externalId" = _external;
    IF _event."memberId" <> _member THEN
      RETURN jsonb_build_object('outcome', 'refused', 'code', 'external_id_taken');
    END IF;
    _answer := laurel_functions.event_result(_tenant, _event."id", true);
  ELSE
    PERFORM laurel_functions.hold_shared_rows(_tenant, i->'candidates', '{}');
    _reactions := laurel_functions.react(_tenant, _member, _event."id", _event."occurredAt", i->'candidates', _at);
    _answer := jsonb_build_object('event', to_jsonb(_event), 'reactions', _reactions, 'isKnown', false, 'balancePoints',
      (SELECT w."balancePoints" FROM wallets w WHERE w."tenantId" = _tenant AND w."memberId" = _member));
  END IF;
  PERFORM laurel_functions.keep_result(_tenant, i->'key', _answer, _at);
  RETURN jsonb_build_object('outcome', 'done', 'result', _answer);
END $$;

/*
  What rules give for a member that was made or changed, in the statement that did so. `_candidates` are told apart by the
  type of the event.
*/
CREATE FUNCTION laurel_functions.give_for_profile(
  _tenant uuid, _member uuid, _event uuid, _type text, _candidates jsonb, _at timestamptz
) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM wallets w WHERE w."tenantId" = _tenant AND w."memberId" = _member FOR NO KEY UPDATE;
  PERFORM laurel_functions.hold_shared_rows(_tenant, _candidates->_type, '{}');
  RETURN laurel_functions.react(_tenant, _member, _event, _at, _candidates->_type, _at);
END $$;
