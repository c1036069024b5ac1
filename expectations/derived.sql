-- Tables and views that every rule may read beside the facts. They live in the rules' own read-only connection
-- (schema temp) and are built once per check. `night` (as_of) and `legal_basis` (name in lower case,
-- the plain word it means) exist before this script runs.

-- Which kinds of evidence this run has: the registers, and what was read by the run itself.
CREATE TEMP TABLE evidence AS
SELECT kind, max(connected) AS connected, file, line FROM register GROUP BY kind
UNION ALL SELECT 'lineage', EXISTS (SELECT 1 FROM job), NULL, NULL
UNION ALL SELECT 'content', EXISTS (SELECT 1 FROM examination), NULL, NULL;

-- Columns that carry personal data which still tells something of a single person.
CREATE TEMP TABLE personal_column AS
SELECT DISTINCT c.column_id, c.dataset_id
FROM (
    SELECT column_id, entity FROM exposure WHERE protection NOT IN ('aggregated', 'cleared')
    UNION
    SELECT column_id, entity FROM detection
) AS x
JOIN "column" AS c ON c.column_id = x.column_id
LEFT JOIN category AS g ON g.entity = x.entity
WHERE coalesce(g.personal, 1);
CREATE INDEX temp.personal_column_by_dataset ON personal_column (dataset_id);

-- One row per dataset that can be owned: what it is, and what is known of it.
CREATE TEMP TABLE asset AS
SELECT
    d.dataset_id,
    d.source_id,
    d.name,
    d.kind,
    s.role,
    s.file,
    s.line,
    EXISTS (SELECT 1 FROM personal_column AS p WHERE p.dataset_id = d.dataset_id) AS personal,
    EXISTS (SELECT 1 FROM declared AS e WHERE e.dataset_id = d.dataset_id) AS declared,
    EXISTS (
        SELECT 1 FROM declared AS e
        WHERE e.dataset_id = d.dataset_id AND e.column_id IS NULL AND e.key = 'scope' AND e.value = 'out'
    ) AS out_of_scope
FROM dataset AS d
JOIN source AS s ON s.source_id = d.source_id
-- What a bare query shows goes nowhere that anybody could own.
WHERE d.kind <> 'temporary' AND d.name <> '<query>';
CREATE UNIQUE INDEX temp.asset_by_dataset ON asset (dataset_id);

-- Foreign keys between harvested datasets of one source, column by column; a key of several columns is no `alone`.
CREATE TEMP TABLE refers AS
SELECT
    c.dataset_id,
    k.column_id,
    c.name AS column_name,
    t.dataset_id AS referenced_dataset_id,
    t.name AS referenced_dataset,
    k.referenced_column,
    count(*) OVER (PARTITION BY c.dataset_id, k.number) = 1 AS alone
FROM foreign_key AS k
JOIN "column" AS c ON c.column_id = k.column_id
JOIN dataset AS d ON d.dataset_id = c.dataset_id
JOIN dataset AS t ON t.name = k.referenced_dataset AND t.source_id = d.source_id;
CREATE INDEX temp.refers_by_dataset ON refers (dataset_id);

-- Kinds of data of which one value by itself singles out a person: names, numbers of documents, cards and accounts, e-mail
-- addresses, mobile numbers, devices. A kind that nobody described counts as one.
CREATE TEMP TABLE singular AS
SELECT entity FROM category
WHERE personal AND (
    fides IS NULL
    OR fides IN ('user', 'user.name', 'user.contact.email', 'user.biometric', 'user.health_and_medical.record_id',
        'user.financial.bank_account', 'user.financial.credit_card', 'user.device.device_id', 'user.device.cookie_id')
    OR fides LIKE 'user.account.%' OR fides LIKE 'user.government_id%' OR fides LIKE 'user.authorization.%'
    OR entity IN ('CN_MOBILE', 'CRYPTO')
);

-- Datasets whose rows are about somebody: a column that singles out a person, masked or not, a declared subject key, or
-- a key of persons by its name (customer_id, 客户号). A foreign key to persons does not count: a branch has a manager and
-- is not about them.
CREATE TEMP TABLE about_persons AS
WITH word (word) AS (
    VALUES ('customer'), ('client'), ('user'), ('member'), ('subscriber'), ('patient'), ('employee'), ('person'),
        ('cardholder'), ('borrower'), ('applicant'), ('insured'), ('policyholder'), ('passenger'), ('guest'), ('student'),
        ('subject'), ('buyer'), ('investor'), ('cust'), ('客户'), ('用户'), ('会员'), ('员工'), ('患者'), ('学生')
),
ending (ending) AS (
    VALUES ('id'), ('no'), ('key'), ('code'), ('num'), ('number'), ('hash'), ('token'), ('ref'), ('sk'), ('编号'), ('号')
)
SELECT DISTINCT c.dataset_id
FROM detection AS d
JOIN singular AS s ON s.entity = d.entity
JOIN "column" AS c ON c.column_id = d.column_id
UNION
SELECT dataset_id FROM declared WHERE key = 'subject_key' AND column_id IS NULL
UNION
SELECT c.dataset_id FROM "column" AS c
WHERE EXISTS (SELECT 1 FROM word, ending WHERE lower(c.name) LIKE '%' || word || '%' || ending)
    OR lower(c.name) IN ('uid', 'userid', 'openid', 'unionid');
CREATE UNIQUE INDEX temp.about_persons_by_dataset ON about_persons (dataset_id);

-- People of the directory as of the night: here, or gone with or without somebody in their place.
CREATE TEMP TABLE person AS
SELECT
    principal,
    name,
    replaced_by,
    left_at,
    CASE
        WHEN status = 'disabled' THEN 'gone'
        WHEN left_at IS NOT NULL AND julianday(left_at) <= julianday((SELECT as_of FROM night)) THEN 'gone'
        WHEN left_at IS NULL AND status = 'left' THEN 'gone'
        ELSE 'here'
    END AS state
FROM principal;
CREATE INDEX temp.person_by_principal ON person (principal);

-- Somebody who is here now and follows a person who is gone, through any number of successions.
CREATE TEMP TABLE successor AS
WITH RECURSIVE line (principal, heir, depth) AS (
    SELECT principal, replaced_by, 1 FROM person WHERE state = 'gone' AND replaced_by IS NOT NULL
    UNION
    SELECT line.principal, person.replaced_by, line.depth + 1
    FROM line JOIN person ON person.principal = line.heir
    WHERE person.state = 'gone' AND person.replaced_by IS NOT NULL AND line.depth < 20
)
SELECT DISTINCT line.principal, line.heir
FROM line JOIN person ON person.principal = line.heir
WHERE person.state = 'here';

-- Every data-owner assignment with the state of its person: here, replaced, gone, stranger (not in the directory),
-- unverified (no directory is connected), ended or not_yet (by the assertion's own dates).
CREATE TEMP TABLE data_owner AS
SELECT
    o.dataset_id,
    o.principal,
    CASE
        WHEN o.status <> 'active' THEN o.status
        WHEN NOT coalesce((SELECT connected FROM evidence WHERE kind = 'principals'), 0) THEN 'unverified'
        WHEN p.principal IS NULL THEN 'stranger'
        WHEN p.state = 'here' THEN 'here'
        WHEN EXISTS (SELECT 1 FROM successor AS s WHERE s.principal = o.principal) THEN 'replaced'
        ELSE 'gone'
    END AS state,
    p.left_at,
    o.conflict,
    o.file,
    o.line
FROM owner_assignment AS o
LEFT JOIN person AS p ON p.principal = o.principal
WHERE o.role = 'data_owner';
CREATE INDEX temp.data_owner_by_dataset ON data_owner (dataset_id);

-- The best that can be said of each asset's ownership: owned, unverified, gone (everybody named has left), ended
-- (every term is over) or none.
CREATE TEMP TABLE ownership AS
SELECT
    a.dataset_id,
    CASE
        WHEN max(o.state IN ('here', 'replaced')) THEN 'owned'
        WHEN max(o.state = 'unverified') THEN 'unverified'
        WHEN max(o.state IN ('gone', 'stranger')) THEN 'gone'
        WHEN max(o.state = 'ended') THEN 'ended'
        ELSE 'none'
    END AS state
FROM asset AS a
LEFT JOIN data_owner AS o ON o.dataset_id = a.dataset_id
GROUP BY a.dataset_id;
CREATE UNIQUE INDEX temp.ownership_by_dataset ON ownership (dataset_id);

-- Purposes and what lies within them: itself, what the register puts below it, and what its dotted key contains.
CREATE TEMP TABLE purpose_within AS
WITH RECURSIVE
known (purpose) AS (
    SELECT purpose FROM purpose
    UNION
    SELECT value FROM declared WHERE key = 'purpose'
),
step (wider, narrower) AS (
    SELECT parent, purpose FROM purpose WHERE parent IS NOT NULL
    UNION
    SELECT w.purpose, n.purpose FROM known AS w JOIN known AS n
    ON substr(n.purpose, 1, length(w.purpose) + 1) = w.purpose || '.'
),
closure (wider, narrower) AS (
    SELECT purpose, purpose FROM known
    UNION
    SELECT closure.wider, step.narrower FROM closure JOIN step ON step.wider = closure.narrower
)
SELECT wider, narrower FROM closure;
CREATE INDEX temp.purpose_within_by_narrower ON purpose_within (narrower);

-- Datasets whose processing rests on consent: one row per dataset and purpose, with what a check needs to know.
CREATE TEMP TABLE consent_based AS
SELECT
    a.dataset_id,
    a.source_id,
    a.name AS subject,
    a.role,
    a.out_of_scope,
    p.value AS purpose,
    (SELECT value FROM declared WHERE dataset_id = a.dataset_id AND column_id IS NULL AND key = 'subject_key') AS subject_key,
    (SELECT value FROM declared WHERE dataset_id = a.dataset_id AND column_id IS NULL AND key = 'processed_at') AS processed_at,
    (SELECT value FROM declared WHERE dataset_id = a.dataset_id AND column_id IS NULL AND key = 'controller') AS controller,
    (
        SELECT group_concat(said, ', ') FROM (
            SELECT DISTINCT r.column_name || ' (' || r.referenced_dataset || '.' || r.referenced_column || ')' AS said
            FROM refers AS r
            JOIN declared AS s ON s.dataset_id = r.referenced_dataset_id AND s.column_id IS NULL AND s.key = 'subject_key'
                AND lower(s.value) = lower(r.referenced_column)
            WHERE r.dataset_id = a.dataset_id AND r.alone AND r.referenced_dataset_id <> a.dataset_id
            ORDER BY said
        )
    ) AS pointing,
    b.file,
    b.line
FROM asset AS a
JOIN declared AS b
    ON b.dataset_id = a.dataset_id AND b.column_id IS NULL AND b.key = 'legal_basis'
    AND lower(b.value) IN (SELECT name FROM legal_basis WHERE means = 'consent')
LEFT JOIN declared AS p ON p.dataset_id = a.dataset_id AND p.column_id IS NULL AND p.key = 'purpose';

-- Personal data of other datasets that has arrived in a dataset by lineage, one row per pair, by the shortest way.
CREATE TEMP TABLE arrival AS
SELECT dataset_id, origin_dataset_id, edge_id, column_id, min(hops) AS hops
FROM flow
WHERE protection NOT IN ('aggregated', 'cleared') AND dataset_id <> origin_dataset_id
GROUP BY dataset_id, origin_dataset_id;
CREATE INDEX temp.arrival_by_dataset ON arrival (dataset_id);

-- What each account can do with each dataset in the end: its own grants, those of its roles, and those of everybody. Where
-- a source has USAGE of schemas, a grant on a table counts only with it. Powers beyond grants stand in `account`.
CREATE TEMP VIEW holds AS
SELECT a.source_id, a.account, a.account AS grantee, NULL AS through FROM account AS a WHERE a.login
UNION ALL
SELECT a.source_id, a.account, 'PUBLIC', NULL FROM account AS a WHERE a.login
UNION ALL
SELECT a.source_id, a.account, m.role, coalesce(m.through || ' < ', '') || m.role
FROM account AS a
JOIN membership AS m ON m.source_id = a.source_id AND m.member = a.account AND m.inherits
WHERE a.login;
CREATE TEMP VIEW reachable_schema AS
SELECT DISTINCT h.source_id, h.account, p.schema
FROM privilege AS p
JOIN holds AS h ON h.source_id = p.source_id AND h.grantee = p.grantee
WHERE p.scope = 'schema' AND p.action IN ('USAGE', 'OWN');
CREATE TEMP VIEW effective_privilege AS
SELECT h.source_id, h.account, p.dataset_id, p.column_id, p.action, p.grantee AS granted_to, h.through
FROM privilege AS p
JOIN holds AS h ON h.source_id = p.source_id AND h.grantee = p.grantee
WHERE p.scope IN ('dataset', 'column')
  AND (
    NOT EXISTS (SELECT 1 FROM privilege AS u WHERE u.source_id = p.source_id AND u.scope = 'schema' AND u.action = 'USAGE')
    OR EXISTS (
        SELECT 1 FROM reachable_schema AS r
        WHERE r.source_id = h.source_id AND r.account = h.account AND r.schema = p.schema
    )
  )
UNION ALL
SELECT h.source_id, h.account, d.dataset_id, NULL, p.action, p.grantee, h.through
FROM privilege AS p
JOIN holds AS h ON h.source_id = p.source_id AND h.grantee = p.grantee
JOIN dataset AS d ON d.source_id = p.source_id AND substr(d.name, 1, length(p.schema) + 1) = p.schema || '.'
WHERE p.scope = 'schema' AND p.action NOT IN ('USAGE', 'CREATE', 'OWN')
UNION ALL
SELECT h.source_id, h.account, d.dataset_id, NULL, p.action, p.grantee, h.through
FROM privilege AS p
JOIN holds AS h ON h.source_id = p.source_id AND h.grantee = p.grantee
JOIN dataset AS d ON d.source_id = p.source_id
WHERE p.scope = 'source' AND p.action NOT IN ('CONNECT', 'USAGE', 'CREATE');
