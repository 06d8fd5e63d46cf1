-- Rewards and benefits: how they are read, and how one is handed out.

/*
  The rewards of a programme with what belongs to them; also those that are archived or have ended.
*/
CREATE FUNCTION laurel_functions.reward_rows(_tenant uuid) RETURNS TABLE (
  "id" uuid, "externalId" text, "type" text, "name" text, "summary" text, "description" text, "terms" text,
  "pictureUrl" text, "pricePoints" bigint, "value" numeric, "codeType" text, "codePattern" text, "stockRemaining" int, "perMemberLimit" int,
  "availableFrom" timestamptz, "availableUntil" timestamptz, "archivedAt" timestamptz,
  "categoryId" uuid, "categoryName" text, "tierId" uuid, "tierName" text, "tierPointsRequirement" bigint
) LANGUAGE sql STABLE AS $$
  SELECT r."id", r."externalId", r."type", r."name", r."summary", r."description", r."terms", r."pictureUrl",
    r."pricePoints", r."value", r."codeType", r."codePattern",
    LEAST(r."stockTotal" - r."issuedCount", CASE WHEN r."codeType" = 'POOL' THEN r."codesLeft" END),
    r."perMemberLimit", r."availableFrom", r."availableUntil", r."archivedAt",
    c."id", c."name", t."id", t."name", t."pointsRequirement"
  FROM rewards r
  LEFT JOIN reward_categories c ON c."tenantId" = r."tenantId" AND c."id" = r."categoryId"
  LEFT JOIN tiers t ON t."tenantId" = r."tenantId" AND t."id" = r."tierId"
  WHERE r."tenantId" = _tenant
$$;

/*
  A benefit with its reward, as everything that answers with one reads it. What its buyer wrote stays in the row alone: answers
  are kept for those who ask again, and nobody takes it out of there when its writer leaves.
*/
CREATE FUNCTION laurel_functions.benefit(_tenant uuid, _id uuid) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (
    SELECT (to_jsonb(b) - 'comment') || jsonb_build_object('reward', (
      SELECT to_jsonb(r) FROM laurel_functions.reward_rows(_tenant) r WHERE r."id" = b."rewardId"))
    FROM benefits b WHERE b."tenantId" = _tenant AND b."id" = _id);
END $$;

/*
  Why a member cannot have one more of a reward, whose row the caller holds; null where nothing stands in the way.
*/
CREATE FUNCTION laurel_functions.problem_with_handing_out(_reward rewards, _member uuid) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
  IF _reward."perMemberLimit" IS NOT NULL AND _reward."perMemberLimit" <= (
    SELECT count(*) FROM (
      SELECT 1 FROM benefits b
      WHERE b."tenantId" = _reward."tenantId" AND b."memberId" = _member AND b."rewardId" = _reward."id"
        AND b."cancelledAt" IS NULL
      LIMIT _reward."perMemberLimit") had) THEN
    RETURN 'reward_limit_reached';
  ELSIF _reward."issuedCount" >= _reward."stockTotal" OR (_reward."codeType" = 'POOL' AND _reward."codesLeft" = 0) THEN
    RETURN 'reward_out_of_stock';
  END IF;
  RETURN NULL;
END $$;

/*
  Whether there is only so much of a reward. Who buys one of those holds its row from the first look at it to the end; of
  others there is always one more, so that nobody has to wait for the buyer before.
*/
CREATE FUNCTION laurel_functions.is_limited(_reward rewards) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT _reward."stockTotal" IS NOT NULL OR _reward."codeType" IS NOT DISTINCT FROM 'POOL'
$$;

/*
  Makes the benefit, with its code; the caller has asked for problems, and counts it: see count_issued.
  False, and nothing done, where all of `_codes` are taken: then there should be others.
*/
CREATE FUNCTION laurel_functions.hand_out(
  _reward rewards, _member uuid, _benefit uuid, _event uuid, _entry uuid, _price bigint, _codes jsonb, _comment text,
  _at timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  _code text;
  _drawn text;
BEGIN
  IF _reward."codeType" = 'POOL' THEN
    UPDATE reward_codes c SET "benefitId" = _benefit
    WHERE c."tenantId" = _reward."tenantId" AND c."code" = (
      SELECT f."code" FROM reward_codes f
      WHERE f."tenantId" = _reward."tenantId" AND f."rewardId" = _reward."id" AND f."benefitId" IS NULL
      ORDER BY f."position" LIMIT 1)
    RETURNING c."code" INTO STRICT _code;
  ELSIF _reward."codeType" = 'GENERATED' THEN
    FOR _drawn IN SELECT jsonb_array_elements_text(_codes) LOOP
      INSERT INTO reward_codes ("tenantId", "code", "rewardId", "position", "benefitId", "createdAt")
        VALUES (_reward."tenantId", _drawn, _reward."id", 0, _benefit, _at)
        ON CONFLICT DO NOTHING RETURNING "code" INTO _code;
      EXIT WHEN _code IS NOT NULL;
    END LOOP;
    IF _code IS NULL THEN
      RETURN false;
    END IF;
  ELSE
    _code := _reward."staticCode";
  END IF;

  INSERT INTO benefits ("tenantId", "id", "memberId", "rewardId", "eventId", "entryId", "pricePoints", "code", "comment",
    "createdAt", "expiresAt")
  VALUES (_reward."tenantId", _benefit, _member, _reward."id", _event, _entry, _price, _code, _comment, _at,
    _at + _reward."validForDays" * interval '24 hours');
  RETURN true;
END $$;

/*
  Takes one from the stock, and the row where it is not held already. Whoever did not hold it has gone by what it was when
  it was read, and so does so only where it still is; raises 40001 where it has become another: what was done for it is
  undone, and the statement runs anew.
*/
CREATE FUNCTION laurel_functions.count_issued(_reward rewards) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE rewards r SET "issuedCount" = r."issuedCount" + 1,
    "codesLeft" = r."codesLeft" - CASE WHEN r."codeType" = 'POOL' THEN 1 ELSE 0 END
  WHERE r."tenantId" = _reward."tenantId" AND r."id" = _reward."id"
    AND (r."pricePoints", r."tierId", r."perMemberLimit", r."availableFrom", r."availableUntil", r."archivedAt",
        r."stockTotal", r."codeType", r."codePattern", r."staticCode", r."validForDays")
      IS NOT DISTINCT FROM (_reward."pricePoints", _reward."tierId", _reward."perMemberLimit", _reward."availableFrom",
        _reward."availableUntil", _reward."archivedAt", _reward."stockTotal", _reward."codeType", _reward."codePattern",
        _reward."staticCode", _reward."validForDays");
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the reward has changed' USING ERRCODE = '40001';
  END IF;
END $$;

/*
  A purchase, whole: the points, the code, the stock, the event and what rules give for it. `i` holds tenantId, memberId,
  rewardId, pricePoints (what the rules were evaluated with), codes, comment, benefitId, eventId, eventPayload, candidates,
  key, at.
  {"outcome": "done"|"replayed", "result": …}, or {"outcome": "refused", "code": …}; 'due' and 'changed' ask for another try.
*/
CREATE FUNCTION laurel_functions.purchase_reward(i jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  _tenant uuid := i->>'tenantId';
  _member uuid := i->>'memberId';
  _at timestamptz := i->>'at';
  _event uuid := i->>'eventId';
  _benefit uuid := i->>'benefitId';
  _entry uuid := laurel_functions.new_id(_at);
  _problem text;
  _answer jsonb;
  _reward rewards;
  _is_held boolean;
  _wallet wallets;
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
  SELECT * INTO _reward FROM rewards r WHERE r."tenantId" = _tenant AND r."id" = (i->>'rewardId')::uuid;
  _is_held := laurel_functions.is_limited(_reward) OR laurel_functions.has_shared_rows(i->'candidates');
  IF _is_held THEN
    PERFORM laurel_functions.hold_shared_rows(_tenant, i->'candidates', ARRAY[_reward."id"]);
    SELECT * INTO _reward FROM rewards r WHERE r."tenantId" = _tenant AND r."id" = _reward."id";
  END IF;

  _problem := CASE
    WHEN _reward."id" IS NULL OR _reward."archivedAt" IS NOT NULL THEN 'reward_not_found'
    WHEN _reward."pricePoints" <> (i->>'pricePoints')::bigint THEN 'changed'
    WHEN _reward."availableUntil" <= _at THEN 'reward_not_available'
    -- As a shelf says it: first what time will not change.
    ELSE COALESCE(laurel_functions.problem_with_handing_out(_reward, _member), CASE
      WHEN _reward."availableFrom" > _at OR (_reward."tierId" IS NOT NULL
        AND laurel_functions.tier_points(_tenant, _member, _wallet."lifetimePoints", _at) < (
          SELECT t."pointsRequirement" FROM tiers t WHERE t."tenantId" = _tenant AND t."id" = _reward."tierId"))
      THEN 'reward_not_available' END)
  END;
  IF _problem IS NOT NULL THEN
    RETURN jsonb_build_object('outcome', 'refused', 'code', _problem);
  ELSIF _wallet."balancePoints" < _reward."pricePoints" THEN
    RETURN jsonb_build_object('outcome', 'refused', 'code', 'points_insufficient',
      'details', jsonb_build_object('balancePoints', _wallet."balancePoints", 'costPoints', _reward."pricePoints"));
  END IF;

  IF NOT laurel_functions.hand_out(_reward, _member, _benefit, _event,
    CASE WHEN _reward."pricePoints" > 0 THEN _entry END, _reward."pricePoints", i->'codes', i->>'comment', _at) THEN
    RETURN jsonb_build_object('outcome', 'refused', 'code', 'codes_taken');
  END IF;
  IF _is_held THEN
    PERFORM laurel_functions.count_issued(_reward);
  END IF;
  INSERT INTO events ("tenantId", "id", "memberId", "type", "payload", "occurredAt", "createdAt")
    VALUES (_tenant, _event, _member, 'PURCHASED_REWARD', i->'eventPayload', _at, _at);
  IF _reward."pricePoints" > 0 THEN
    PERFORM laurel_functions.post_entry(_tenant, _member, 'SPEND', -_reward."pricePoints", _at,
      _spent => _reward."pricePoints", _id => _entry, _event => _event, _benefit => _benefit);
  END IF;
  PERFORM laurel_functions.react(_tenant, _member, _event, _at, i->'candidates', _at);

  SELECT jsonb_build_object('benefit', laurel_functions.benefit(_tenant, _benefit), 'balancePoints', w."balancePoints")
    INTO _answer FROM wallets w WHERE w."tenantId" = _tenant AND w."memberId" = _member;
  PERFORM laurel_functions.keep_result(_tenant, i->'key', _answer, _at);
  IF NOT _is_held THEN
    PERFORM laurel_functions.count_issued(_reward); -- as late as can be: the next buyer waits from here to the commit
  END IF;
  RETURN jsonb_build_object('outcome', 'done', 'result', _answer);
END $$;
