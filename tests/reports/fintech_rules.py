"""The rules of the sample fintech and what they found, as tables of plain values."""

from __future__ import annotations

from fintech_tables import DATASETS

RULES: list[tuple[str, str, str, str, str, str, str, str, str]] = [
    (
        "CR-001",
        "consumer_rights",
        "critical",
        "Rows processed without consent",
        "未取得同意即处理个人信息",
        "Every row that is processed on the basis of consent has a consent in force at the time it was processed.",
        "以同意为合法性基础处理的每一行数据，在处理之时应有有效的同意。",
        "Stop the processing for the rows without consent, or ask for it; keep the record of the request.",
        "停止处理没有同意的数据，或依法征得同意，并留存记录。",
    ),
    (
        "CR-002",
        "consumer_rights",
        "critical",
        "Processing after a consent was withdrawn",
        "撤回同意后继续处理",
        "No row was processed after its subject had withdrawn consent.",
        "个人撤回同意之后，不得继续处理其个人信息。",
        "Join the withdrawal list in the job that writes the rows.",
        "在写入数据的作业中关联撤回名单并剔除。",
    ),
    (
        "CR-005",
        "consumer_rights",
        "critical",
        "Consent under a notice that was replaced",
        "同意所依据的告知已被替换",
        "Consent was given under the notice in force, or under one that differs in nothing material.",
        "同意应依据现行有效的告知，或与其无实质差异的版本。",
        "Ask again under the new notice.",
        "依据新的告知重新征得同意。",
    ),
    (
        "CR-016",
        "consumer_rights",
        "critical",
        "Data reaches a purpose nobody consented to",
        "个人信息流向未经同意的目的",
        "Personal data flows only to purposes that its subjects were asked about.",
        "个人信息只流向已征得同意的处理目的。",
        "Remove the column from the query, or ask for consent to the purpose.",
        "从查询中移除该字段，或就该目的征得同意。",
    ),
    (
        "DO-001",
        "data_ownership",
        "high",
        "Dataset has no accountable owner",
        "数据集没有责任人",
        "Every dataset in scope has at least one active data owner.",
        "范围内的每个数据集至少有一名在任的数据责任人。",
        "Name an owner in the contract or in datagov.yaml.",
        "在数据合约或 datagov.yaml 中指定责任人。",
    ),
    (
        "DO-002",
        "data_ownership",
        "high",
        "Owner has left or is disabled",
        "责任人已离职或停用",
        "Every data owner is an active person in the directory.",
        "每名数据责任人在人员目录中均为在任状态。",
        "Name a successor.",
        "指定继任者。",
    ),
    (
        "DO-004",
        "data_ownership",
        "critical",
        "Personal data flows into a dataset without an owner",
        "个人信息流入没有责任人的数据集",
        "No personal data arrives in a dataset that nobody answers for.",
        "个人信息不得流入无人负责的数据集。",
        "Name an owner for the target, or drop the copy.",
        "为目标数据集指定责任人，或删除该副本。",
    ),
    (
        "NS-001",
        "network_security",
        "critical",
        "Sensitive data stored in the clear",
        "敏感个人信息明文存储",
        "Sensitive personal data (PIPL Art. 28, JR/T 0171 C3) is masked, encrypted or tokenised in copies.",
        "敏感个人信息(《个人信息保护法》第二十八条、JR/T 0171 C3 类)在源系统之外应脱敏、加密或标记化。",
        "Mask or tokenise the column in the query that writes it.",
        "在写入该字段的查询中进行脱敏或标记化。",
    ),
    (
        "CR-020",
        "consumer_rights",
        "medium",
        "Personal data kept beyond its retention period",
        "个人信息超期保存",
        "No row is older than the retention period declared for its dataset.",
        "数据保存不超过已声明的保存期限。",
        "Delete or archive the rows.",
        "删除或归档超期数据。",
    ),
]
"""Rule, concern, severity, titles, what is checked, remedy, each in English and Chinese."""

CITATIONS: dict[str, str] = {
    "CR-001": '[{"law":"PIPL","article":"Art. 13(1), Art. 14(1)","status":"text_read"},'
    '{"law":"Network Data Regulation","article":"Art. 22(4)","status":"text_read"},'
    '{"law":"GDPR","article":"Art. 6(1)(a)","status":"unverified"}]',
    "CR-002": '[{"law":"PIPL","article":"Art. 15, Art. 47(3)","status":"text_read"}]',
    "CR-005": '[{"law":"PIPL","article":"Art. 14(2), Art. 17(2)","status":"text_read"}]',
    "CR-016": '[{"law":"PIPL","article":"Art. 6(1), Art. 14(2)","status":"text_read"},'
    '{"law":"GDPR","article":"Art. 5(1)(b)","status":"unverified"}]',
    "DO-001": '[{"law":"Data Security Law","article":"Art. 27","status":"text_read"},'
    '{"law":"NFRA Data Security Measures 2024","article":"","status":"secondary"}]',
    "DO-002": '[{"law":"Data Security Law","article":"Art. 27","status":"text_read"}]',
    "DO-004": '[{"law":"PIPL","article":"Art. 9, Art. 51","status":"text_read"}]',
    "NS-001": '[{"law":"PIPL","article":"Art. 51(3)","status":"text_read"},'
    '{"law":"JR/T 0171-2020","article":"cl. 6","status":"secondary"}]',
    "CR-020": '[{"law":"PIPL","article":"Art. 19","status":"text_read"}]',
}

EVALUATIONS: list[tuple[str, int | None, int, int, int, int, int]] = [
    ("CR-001", 2, 1, 2, 1, 0, 0),
    ("CR-002", 2, 2, 1, 1, 0, 0),
    ("CR-005", 2, 3, 0, 1, 0, 0),
    ("CR-016", 2, 4, 2, 3, 0, 0),
    ("DO-001", 1, 7, 0, 0, 1, 0),
    ("DO-001", 2, 8, 2, 0, 0, 0),
    ("DO-002", 2, 7, 1, 0, 0, 0),
    ("DO-004", 2, 20, 4, 0, 0, 0),
    ("NS-001", 1, 3, 0, 0, 0, 0),
    ("NS-001", 2, 4, 9, 0, 0, 0),
    ("CR-020", None, 0, 0, 18, 0, 0),
]
"""Rule, source, passed, failed, unknown, not applicable, error."""

FAILURES: list[tuple[str, str, str | None, str, str, str, int]] = [
    # rule, subject, origin column, English, Chinese, file, line
    *(
        (
            "NS-001",
            f"{d}.{c}",
            o,
            f"{d}.{c} holds {e} in the clear, copied from {o}.",
            f"{d}.{c} 以明文保存{z},来自 {o}。",
            f,
            n,
        )
        for d, c, o, e, z, f, n in (
            (
                "dw.ods_customer",
                "id_card_no",
                "app.customer.id_card_no",
                "resident identity card numbers",
                "居民身份证号码",
                "etl/10_ods.sql",
                2,
            ),
            (
                "dw.dwd_customer",
                "id_card_no",
                "app.customer.id_card_no",
                "resident identity card numbers",
                "居民身份证号码",
                "etl/20_dwd.sql",
                8,
            ),
            (
                "dw.dws_risk_feature",
                "id_card_no",
                "app.customer.id_card_no",
                "resident identity card numbers",
                "居民身份证号码",
                "etl/30_dws.sql",
                4,
            ),
            (
                "dw.dwd_loan",
                "id_card_no",
                "app.customer.id_card_no",
                "resident identity card numbers",
                "居民身份证号码",
                "etl/30_dws.sql",
                16,
            ),
            (
                "dw.ads_partner_feed",
                "id_card_no",
                "app.customer.id_card_no",
                "resident identity card numbers",
                "居民身份证号码",
                "etl/50_partner.sql",
                2,
            ),
            (
                "dw.tmp_export_0412",
                "id_card_no",
                "app.customer.id_card_no",
                "resident identity card numbers",
                "居民身份证号码",
                "etl/adhoc/export_0412.sql",
                2,
            ),
            (
                "dw.ods_bank_card",
                "card_no",
                "app.bank_card.card_no",
                "bank card numbers",
                "银行卡号",
                "etl/10_ods.sql",
                6,
            ),
            (
                "dw.dwd_customer",
                "default_card",
                "app.bank_card.card_no",
                "bank card numbers",
                "银行卡号",
                "etl/20_dwd.sql",
                11,
            ),
            (
                "dw.tmp_export_0412",
                "default_card",
                "app.bank_card.card_no",
                "bank card numbers",
                "银行卡号",
                "etl/adhoc/export_0412.sql",
                2,
            ),
        )
    ),
    *(
        (
            "DO-004",
            f"dw.tmp_export_0412.{c}",
            o,
            f"Personal data of {o} flows into dw.tmp_export_0412, which has no owner.",
            f"{o} 的个人信息流入没有责任人的 dw.tmp_export_0412。",
            "etl/adhoc/export_0412.sql",
            2,
        )
        for c, o in (
            ("name", "app.customer.name"),
            ("mobile", "app.customer.mobile"),
            ("id_card_no", "app.customer.id_card_no"),
            ("default_card", "app.bank_card.card_no"),
        )
    ),
    (
        "CR-001",
        "dw.ads_marketing_push",
        None,
        "15,609 of 41,077 rows (38.0 %) of dw.ads_marketing_push were processed for marketing.direct without consent.",
        "dw.ads_marketing_push 的 41,077 行中有 15,609 行(38.0%)未经同意即用于 marketing.direct。",
        "contracts/marketing_push.yaml",
        12,
    ),
    (
        "CR-001",
        "dw.dwd_loan",
        None,
        "212 of 9,870 rows (2.1 %) of dw.dwd_loan were processed for finance.credit_decision without consent.",
        "dw.dwd_loan 的 9,870 行中有 212 行(2.1%)未经同意即用于 finance.credit_decision。",
        "contracts/loan.yaml",
        9,
    ),
    (
        "CR-002",
        "dw.ads_marketing_push",
        None,
        "1,204 rows of dw.ads_marketing_push were processed after their subjects had withdrawn consent.",
        "dw.ads_marketing_push 有 1,204 行在个人撤回同意之后仍被处理。",
        "contracts/marketing_push.yaml",
        12,
    ),
    (
        "CR-016",
        "dw.ads_marketing_push.mobile",
        "app.customer.mobile",
        "app.customer.mobile was collected for payment.settlement and reaches marketing.direct.",
        "app.customer.mobile 为 payment.settlement 收集，却流向 marketing.direct。",
        "etl/40_ads.sql",
        2,
    ),
    (
        "CR-016",
        "dw.ads_partner_feed.mobile",
        "app.customer.mobile",
        "app.customer.mobile was collected for payment.settlement and reaches insurance.underwriting.",
        "app.customer.mobile 为 payment.settlement 收集，却流向 insurance.underwriting。",
        "etl/50_partner.sql",
        2,
    ),
    (
        "DO-001",
        "dw.tmp_export_0412",
        None,
        "dw.tmp_export_0412 has no data owner.",
        "dw.tmp_export_0412 没有数据责任人。",
        "datagov.yaml",
        9,
    ),
    (
        "DO-001",
        "dw.ads_region_stat",
        None,
        "dw.ads_region_stat has no data owner.",
        "dw.ads_region_stat 没有数据责任人。",
        "datagov.yaml",
        9,
    ),
    (
        "DO-002",
        "dw.ads_partner_feed",
        None,
        "The data owner of dw.ads_partner_feed, zhao.min@yunfan.example, left on 2026-03-31.",
        "dw.ads_partner_feed 的数据责任人 zhao.min@yunfan.example 已于 2026-03-31 离职。",
        "contracts/partner_feed.yaml",
        7,
    ),
]

UNKNOWNS: list[tuple[str, str, str, str, str]] = [
    # rule, subject, needs, English, Chinese
    (
        "CR-001",
        "dw.dws_risk_feature",
        "processed_at",
        "dw.dws_risk_feature declares no processing time.",
        "dw.dws_risk_feature 未声明处理时间。",
    ),
    (
        "CR-002",
        "dw.dws_risk_feature",
        "processed_at",
        "dw.dws_risk_feature declares no processing time.",
        "dw.dws_risk_feature 未声明处理时间。",
    ),
    (
        "CR-005",
        "dw.dwd_loan",
        "notices",
        "Notice credit-v2 does not say whether its change is material.",
        "告知 credit-v2 未说明变更是否具有实质性。",
    ),
    *(
        ("CR-016", d, "purposes", f"{d} declares no purpose.", f"{d} 未声明处理目的。")
        for d in ("dw.ads_region_stat", "dw.tmp_export_0412", "dw.dwd_payment")
    ),
    *(("CR-020", d, "retention", f"{d} declares no retention period.", f"{d} 未声明保存期限。") for d in DATASETS),
]

NEEDS: list[tuple[str, int, str, str]] = [
    (
        "retention",
        18,
        "Declare a retention period for 18 datasets: one selector, app.* and dw.*, settles them all.",
        "为 18 个数据集声明保存期限：用 app.* 与 dw.* 两条选择器即可全部判定。",
    ),
    (
        "purposes",
        3,
        "Declare the purpose of dw.ads_region_stat, dw.tmp_export_0412 and dw.dwd_payment.",
        "声明 dw.ads_region_stat、dw.tmp_export_0412、dw.dwd_payment 的处理目的。",
    ),
    (
        "processed_at",
        2,
        "Name the column of dw.dws_risk_feature that holds the time a row was processed.",
        "指明 dw.dws_risk_feature 中记录处理时间的字段。",
    ),
    (
        "notices",
        1,
        "State in notices.yaml whether version 2 of notice credit changes anything material.",
        "在 notices.yaml 中说明告知 credit 第 2 版是否有实质变更。",
    ),
]
