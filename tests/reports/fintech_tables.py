"""The datasets, detections and declarations of the sample fintech, as tables of plain values."""

from __future__ import annotations

DATASETS: dict[str, tuple[str, int | None, str]] = {
    "app.customer": ("table", 48_210, "customer_id* name mobile id_card_no email birth_date gender home_address notes"),
    "app.bank_card": ("table", 61_004, "card_id* customer_id card_no holder_name bank_code status"),
    "app.payment": ("table", 1_904_551, "pay_id* customer_id card_id amount paid_at merchant_id device_id"),
    "app.merchant": ("table", 2_310, "merchant_id* name uscc contact_mobile"),
    "app.login_log": ("table", 5_402_118, "customer_id ip user_agent at"),
    "app.loan_application": ("table", 9_870, "loan_id* customer_id monthly_income employer credit_line applied_at"),
    "app.consent_event": ("table", 133_020, "event_id* customer_id purpose state event_time notice_version"),
    "app.archive_2019": ("table", None, "payload blob_ref"),
    "dw.ods_customer": (
        "table",
        48_210,
        "customer_id name mobile id_card_no email birth_date home_address notes",
    ),
    "dw.ods_bank_card": ("table", 58_730, "card_id customer_id card_no holder_name"),
    "dw.dwd_customer": (
        "table",
        48_210,
        "customer_id name mobile_masked id_card_hash id_card_no birth_year email default_card",
    ),
    "dw.dwd_payment": ("table", 1_904_551, "pay_id customer_id amount paid_at device_id card_no"),
    "dw.dwd_loan": ("table", 9_870, "loan_id customer_id id_card_no mobile credit_line"),
    "dw.dws_risk_feature": ("table", 41_077, "customer_id id_card_no avg_amount payments devices last_ip"),
    "dw.ads_marketing_push": ("table", 41_077, "receiver mobile email spend_level"),
    "dw.ads_region_stat": ("table", 342, "region customers"),
    "dw.ads_partner_feed": ("view", 9_870, "id_card_no mobile customer_token credit_line"),
    "dw.tmp_export_0412": ("table", 48_210, "name mobile id_card_no default_card"),
}
"""Name to kind, rows, and columns; a star marks the primary key."""

TYPES = {"amount": "NUMERIC", "credit_line": "NUMERIC", "paid_at": "TEXT", "blob_ref": "BLOB", "payments": "INTEGER"}

ENTITIES: dict[str, tuple[str, str, str, bool, str | None, int | None]] = {
    "PERSON": ("Person name", "姓名", "user.name", False, "C2", 3),
    "CN_MOBILE": ("Mobile number", "手机号码", "user.contact.phone_number", False, "C2", 3),
    "CN_RESIDENT_ID": ("Resident identity card number", "居民身份证号码", "user.government_id", True, "C3", 4),
    "EMAIL_ADDRESS": ("E-mail address", "电子邮箱", "user.contact.email", False, "C2", 3),
    "BIRTH_DATE": ("Date of birth", "出生日期", "user.demographic.date_of_birth", False, "C2", 3),
    "GENDER": ("Gender", "性别", "user.demographic.gender", False, "C1", 2),
    "LOCATION": ("Address", "住址", "user.contact.address", False, "C2", 3),
    "CN_BANK_CARD": ("Bank card number", "银行卡号", "user.financial.bank_account", True, "C3", 4),
    "IP_ADDRESS": ("IP address", "IP 地址", "user.device.ip_address", False, "C1", 2),
    "DEVICE_ID": ("Device identifier", "设备标识", "user.device.device_id", False, "C1", 2),
    "INCOME": ("Income", "收入", "user.financial", True, "C2", 3),
}
"""Entity to English, Chinese, fideslang key, PIPL sensitive, JR/T 0171, JR/T 0197."""

DETECTIONS: list[tuple[str, str, str, float, str | None, bool, str]] = [
    (
        "app.customer.name",
        "PERSON",
        "is",
        0.97,
        None,
        True,
        '{"rows":2000,"distinct":1874,"hits":{"surname_and_length":1951},"hit_rate":0.9755,"chance_rate":0.021,'
        '"name_tokens":["name"],"runners_up":{"ORG":0.04}}',
    ),
    (
        "app.customer.mobile",
        "CN_MOBILE",
        "is",
        0.99,
        None,
        True,
        '{"rows":2000,"distinct":2000,"hits":{"prefix_and_length":1996},"hit_rate":0.998,"chance_rate":0.0031,'
        '"interval":[0.994,0.9995],"name_tokens":["mobile"],"shape":"1##########"}',
    ),
    (
        "app.customer.id_card_no",
        "CN_RESIDENT_ID",
        "is",
        1.0,
        None,
        True,
        '{"rows":2000,"distinct":2000,"hits":{"check_digit":1999,"region":1999,"birth_date":1999},"hit_rate":0.9995,'
        '"chance_rate":0.00002,"name_tokens":["id","card"],"shape":"##################"}',
    ),
    (
        "app.customer.email",
        "EMAIL_ADDRESS",
        "is",
        0.99,
        None,
        True,
        '{"rows":1422,"distinct":1422,"hits":{"syntax":1419},"hit_rate":0.9979,"name_tokens":["email"]}',
    ),
    (
        "app.customer.birth_date",
        "BIRTH_DATE",
        "is",
        0.93,
        None,
        True,
        '{"rows":2000,"hits":{"date":2000},"hit_rate":1.0,"name_tokens":["birth"],"runners_up":{"DATE":0.31}}',
    ),
    ("app.customer.gender", "GENDER", "is", 0.9, None, True, '{"rows":2000,"distinct":3,"name_tokens":["gender"]}'),
    (
        "app.customer.home_address",
        "LOCATION",
        "is",
        0.95,
        None,
        True,
        '{"rows":2000,"hits":{"division_name":1820},"hit_rate":0.91,"name_tokens":["address"]}',
    ),
    (
        "app.customer.notes",
        "CN_MOBILE",
        "contains",
        0.88,
        None,
        True,
        '{"rows":2000,"hits":{"prefix_and_length":37},"hit_rate":0.0185}',
    ),
    (
        "app.bank_card.card_no",
        "CN_BANK_CARD",
        "is",
        0.99,
        None,
        True,
        '{"rows":2000,"hits":{"luhn":2000,"issuer":1988},"hit_rate":0.994,"chance_rate":0.1,"name_tokens":["card"]}',
    ),
    ("app.bank_card.holder_name", "PERSON", "is", 0.96, None, True, '{"rows":2000,"hit_rate":0.97}'),
    ("app.payment.device_id", "DEVICE_ID", "declared", 1.0, None, False, '{"declared_by":"contracts/payment.yaml:18"}'),
    ("app.login_log.ip", "IP_ADDRESS", "is", 0.99, None, True, '{"rows":2000,"hits":{"syntax":2000},"hit_rate":1.0}'),
    ("app.merchant.contact_mobile", "CN_MOBILE", "is", 0.98, None, True, '{"rows":2000,"hit_rate":0.99}'),
    ("app.loan_application.monthly_income", "INCOME", "is", 0.71, None, False, '{"name_tokens":["income"]}'),
    (
        "dw.dwd_customer.mobile_masked",
        "CN_MOBILE",
        "is",
        0.91,
        "partial",
        True,
        '{"rows":2000,"hit_rate":0.99,"shape":"1##****####"}',
    ),
]
"""Column, entity, mode, confidence, masking, by content, evidence."""

OWNERS: list[tuple[str, str, str, str, bool, str, int]] = [
    *(
        (d, "data_owner", "li.wei@yunfan.example", "active", False, "contracts/customer.yaml", 6)
        for d in ("app.customer", "app.bank_card", "app.login_log", "app.consent_event", "app.archive_2019")
    ),
    ("app.payment", "data_owner", "sun.qiang@yunfan.example", "active", False, "contracts/payment.yaml", 6),
    ("app.merchant", "data_owner", "sun.qiang@yunfan.example", "active", False, "contracts/payment.yaml", 6),
    ("app.loan_application", "data_owner", "wu.ting@yunfan-credit.example", "active", False, "contracts/loan.yaml", 6),
    ("dw.dwd_loan", "data_owner", "wu.ting@yunfan-credit.example", "active", False, "contracts/loan.yaml", 6),
    *(
        (f"dw.{d}", "data_owner", "chen.jie@yunfan.example", "active", False, "datagov.yaml", 31)
        for d in ("ods_customer", "ods_bank_card", "dwd_customer", "dwd_payment", "dws_risk_feature")
    ),
    ("dw.dwd_customer", "data_owner", "li.wei@yunfan.example", "active", True, "contracts/customer.yaml", 22),
    (
        "dw.ads_marketing_push",
        "data_owner",
        "he.lin@yunfan.example",
        "active",
        False,
        "contracts/marketing_push.yaml",
        6,
    ),
    ("dw.ads_partner_feed", "data_owner", "zhao.min@yunfan.example", "active", False, "contracts/partner_feed.yaml", 7),
    ("app.customer", "steward", "chen.jie@yunfan.example", "active", False, "contracts/customer.yaml", 8),
    ("app.customer", "custodian", "dba@yunfan.example", "active", False, "datagov.yaml", 27),
    ("dw.dwd_loan", "steward", "chen.jie@yunfan.example", "active", False, "contracts/loan.yaml", 7),
    ("dw.dwd_payment", "custodian", "dba@yunfan.example", "active", False, "datagov.yaml", 27),
]
"""Dataset, role, principal, status, conflict, file, line."""

DECLARED: list[tuple[str, str, str, str, str, int]] = [
    ("app.customer", "purpose", "payment.settlement", "app.customer", "contracts/customer.yaml", 14),
    ("app.customer", "legal_basis", "contract", "app.customer", "contracts/customer.yaml", 15),
    ("app.customer", "controller", "yunfan-pay", "app.*", "datagov.yaml", 24),
    ("app.customer", "region", "CN", "app.*", "datagov.yaml", 25),
    ("app.customer", "right_hold", "yunfan-pay", "app.customer", "contracts/customer.yaml", 17),
    ("app.customer", "right_process_use", "yunfan-pay", "app.customer", "contracts/customer.yaml", 17),
    ("app.customer", "right_process_use", "yunfan-credit", "app.customer", "contracts/customer.yaml", 17),
    ("dw.dwd_loan", "purpose", "finance.credit_decision", "dw.dwd_loan", "contracts/loan.yaml", 9),
    ("dw.dwd_loan", "legal_basis", "consent", "dw.dwd_loan", "contracts/loan.yaml", 10),
    ("dw.dwd_loan", "controller", "yunfan-credit", "dw.dwd_loan", "contracts/loan.yaml", 11),
    ("dw.dwd_loan", "region", "CN", "dw.*", "datagov.yaml", 29),
    ("dw.dwd_loan", "right_hold", "yunfan-credit", "dw.dwd_loan", "contracts/loan.yaml", 13),
    ("dw.dwd_loan", "right_operate", "yunfan-credit", "dw.dwd_loan", "contracts/loan.yaml", 13),
    (
        "dw.ads_marketing_push",
        "purpose",
        "marketing.direct",
        "dw.ads_marketing_push",
        "contracts/marketing_push.yaml",
        12,
    ),
    ("dw.ads_marketing_push", "legal_basis", "consent", "dw.ads_marketing_push", "contracts/marketing_push.yaml", 13),
    ("dw.ads_marketing_push", "controller", "yunfan-pay", "dw.*", "datagov.yaml", 28),
    (
        "dw.ads_partner_feed",
        "purpose",
        "insurance.underwriting",
        "dw.ads_partner_feed",
        "contracts/partner_feed.yaml",
        11,
    ),
    ("dw.ads_partner_feed", "legal_basis", "consent", "dw.ads_partner_feed", "contracts/partner_feed.yaml", 12),
    ("dw.ads_partner_feed", "controller", "yunfan-insure", "dw.ads_partner_feed", "contracts/partner_feed.yaml", 13),
]
"""Dataset, key, value, selector, file, line."""

COVERAGE: list[tuple[str, str, str, int]] = [
    ("dw.ads_marketing_push", "marketing.direct", "covered", 24_264),
    ("dw.ads_marketing_push", "marketing.direct", "no_record", 9_871),
    ("dw.ads_marketing_push", "marketing.direct", "withdrawn", 1_204),
    ("dw.ads_marketing_push", "marketing.direct", "superseded_notice", 3_310),
    ("dw.ads_marketing_push", "marketing.direct", "unmatched_identity", 2_428),
    ("dw.dwd_loan", "finance.credit_decision", "covered", 9_658),
    ("dw.dwd_loan", "finance.credit_decision", "not_in_force", 212),
    ("dw.ads_partner_feed", "insurance.underwriting", "covered", 9_870),
]

PURPOSES: list[tuple[str, str | None, str, str]] = [
    ("payment.settlement", "payment", "Settlement of payments", "支付结算"),
    ("finance.credit_decision", "finance", "Credit decision", "授信决策"),
    ("marketing.direct", "marketing", "Direct marketing", "直接营销"),
    ("insurance.underwriting", "insurance", "Insurance underwriting", "保险核保"),
]

ENTITY_NAMES: list[tuple[str, str, str, str | None]] = [
    ("yunfan-pay", "云帆支付有限公司 Yunfan Pay Ltd.", "payment", None),
    ("yunfan-credit", "云帆小额贷款有限公司 Yunfan Credit Ltd.", "microlending", "yunfan-pay"),
    ("yunfan-insure", "云帆保险代理有限公司 Yunfan Insurance Agency Ltd.", "insurance", "yunfan-pay"),
    ("yunfan-wealth", "云帆财富管理有限公司 Yunfan Wealth Ltd.", "wealth", "yunfan-pay"),
]

PRINCIPALS: list[tuple[str, str, str, str | None, str | None]] = [
    ("li.wei@yunfan.example", "李伟 Li Wei", "active", None, "yunfan-pay"),
    ("chen.jie@yunfan.example", "陈洁 Chen Jie", "active", None, "yunfan-pay"),
    ("sun.qiang@yunfan.example", "孙强 Sun Qiang", "active", None, "yunfan-pay"),
    ("he.lin@yunfan.example", "何琳 He Lin", "active", None, "yunfan-pay"),
    ("wu.ting@yunfan-credit.example", "吴婷 Wu Ting", "active", None, "yunfan-credit"),
    ("dba@yunfan.example", "Database team 数据库组", "active", None, "yunfan-pay"),
    ("zhao.min@yunfan.example", "赵敏 Zhao Min", "left", "2026-03-31T16:00:00Z", "yunfan-pay"),
]

REGISTERS: list[tuple[str, bool, int, str | None, int | None]] = [
    ("owners", True, 22, "datagov.yaml", 26),
    ("principals", True, 7, "registers/people.csv", 1),
    ("entities", True, 4, "registers/entities.yaml", 1),
    ("purposes", True, 4, "registers/purposes.yaml", 1),
    ("processing", True, 19, "datagov.yaml", 22),
    ("notices", True, 3, "registers/notices.yaml", 1),
    ("consent", True, 1, "datagov.yaml", 18),
    ("retention", False, 0, None, None),
]

PROBLEMS: list[tuple[str, int | None, str, str, str, bool, str | None, int | None]] = [
    (
        "trace",
        3,
        "etl/legacy/load_scores.sql",
        "opaque",
        "The statement calls the procedure sp_load_scores; add its definition to the folder.",
        False,
        "etl/legacy/load_scores.sql",
        1,
    ),
    (
        "detect",
        1,
        "app.archive_2019",
        "unreadable",
        "The account may not read app.archive_2019; GRANT SELECT on it or declare the gap.",
        False,
        None,
        None,
    ),
    (
        "declare",
        4,
        "contracts/merchant.yaml",
        "invalid",
        "The contract does not validate: 'team.members[0].role' is not one of owner, data steward, custodian.",
        False,
        "contracts/merchant.yaml",
        8,
    ),
]
"""Stage, source, object, kind, message, fatal, file, line."""
