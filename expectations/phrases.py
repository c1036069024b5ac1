"""Sentences that belong to no single rule, in English and 简体中文."""

from __future__ import annotations

from collections.abc import Mapping

from datagov.expectations.pack import Words

NOT_CONNECTED = Words(
    en="Nothing can be said, because this evidence is not connected: {titles}.",
    zh="无法判断，因为未接入：{titles_zh}。",
)
EMPTY = Words(en="There is nothing on this platform that the rule applies to.", zh="本平台没有适用本规则的对象。")
NOT_SEEN = Words(
    en="Nothing was found that the rule applies to, but not everything was seen: {titles}.",
    zh="未发现适用本规则的对象，但并未看到全部内容：{titles_zh}。",
)
GAPS: Mapping[str, tuple[str, str]] = {
    "data": ("a data source was not read", "有数据源未读取"),
    "content": ("the content of some columns could not be read", "部分字段的内容无法读取"),
    "lineage": ("some SQL could not be followed", "部分 SQL 无法追踪"),
    "declarations": ("some declarations do not count", "部分声明未生效"),
}
"""What may hide the subjects of a rule, in English and Chinese."""
NOT_IN_FORCE = Words(en="The rule is in force from {in_force} only.", zh="本规则自 {in_force} 起适用。")
BROKEN = Words(en="The rule {rule} could not be evaluated. {why}", zh="规则 {rule} 无法执行：{why_zh}")

EVIDENCE: Mapping[str, tuple[str, str]] = {
    "owners": ("owners of data", "数据责任人"),
    "principals": ("the directory of people", "人员名录"),
    "entities": ("legal entities", "法人主体登记"),
    "purposes": ("the tree of purposes", "处理目的登记"),
    "processing": ("purposes and legal bases of processing", "处理目的与合法性基础的声明"),
    "notices": ("versions of privacy notices", "隐私政策（告知）版本登记"),
    "consent": ("a consent ledger", "同意台账"),
    "lineage": ("SQL that moves data (a pipeline or views)", "搬运数据的 SQL（数据加工任务或视图）"),
    "content": ("samples of the data's content", "数据内容抽样"),
}
"""Kind of evidence to its name in English and Chinese."""

CONSENT: Mapping[str, Words] = {
    "no_purpose": Words(
        en="{dataset} rests on consent, but no purpose is declared for it.",
        zh="{dataset} 以同意为合法性基础，但未声明处理目的。",
    ),
    "no_subject_key": Words(
        en="{dataset} rests on consent, but no column is declared that identifies the data subject.",
        zh="{dataset} 以同意为合法性基础，但未声明标识个人信息主体的字段。",
    ),
    "pointing_subject_key": Words(
        en="{dataset} rests on consent, but no column is declared that identifies the data subject. By foreign key it "
        "may be {why}: declare it as subject_key if the rows are about that person.",
        zh="{dataset} 以同意为合法性基础，但未声明标识个人信息主体的字段。按外键关系可能是 {why}："
        "如数据确系关于该人，请以 subject_key 声明。",
    ),
    "no_processed_at": Words(
        en="{dataset} rests on consent, but no column is declared that says when a row was processed.",
        zh="{dataset} 以同意为合法性基础，但未声明记录处理时间的字段。",
    ),
    "wrong_subject_key": Words(
        en="The subject key declared for {dataset}, {why}, is no column of it.",
        zh="为 {dataset} 声明的主体标识字段 {why} 不存在。",
    ),
    "wrong_processed_at": Words(
        en="The processing time declared for {dataset}, {why}, is no column of it.",
        zh="为 {dataset} 声明的处理时间字段 {why} 不存在。",
    ),
    "no_ledger": Words(
        en="The rows of {dataset} cannot be compared with consent: no mapped consent ledger was found.",
        zh="无法将 {dataset} 的数据与同意记录比对：找不到已映射的同意台账。",
    ),
    "closed": Words(
        en="The rows of {dataset} were not compared with consent: nothing may be counted in the source {why}.",
        zh="未将 {dataset} 的数据与同意记录比对：数据源 {why} 不允许计数。",
    ),
    "no_controller": Words(
        en="The consent ledger names the company a consent was given to, but no controller is declared for {dataset}.",
        zh="同意台账记录了同意所给予的公司，但未声明 {dataset} 的个人信息处理者。",
    ),
    "no_notice": Words(
        en="The register of notices holds none for {purpose}, so it cannot be said which version was in force.",
        zh="告知版本登记中没有 {purpose} 的告知，无法判断当时适用的版本。",
    ),
    "no_rows": Words(en="{dataset} has no rows.", zh="{dataset} 没有数据行。"),
    "too_many": Words(en="{dataset} was not compared with consent. {why}", zh="未将 {dataset} 与同意记录比对：{why}"),
    "unreachable": Words(
        en="{dataset} could not be compared with consent. {why}", zh="无法将 {dataset} 与同意记录比对：{why}"
    ),
    "undated": Words(
        en="{undated} of {rows} rows of {dataset} have no readable processing time, so their consent cannot be judged.",
        zh="{dataset} 的 {rows} 行中有 {undated} 行没有可读的处理时间，无法判断其同意情况。",
    ),
    "unclear_state": Words(
        en="The consent of {unclear_state} of {rows} rows of {dataset} cannot be judged: before they were processed, "
        "the ledger notes a state that nobody listed.",
        zh="无法判断 {dataset} 的 {rows} 行中 {unclear_state} 行的同意情况：处理之前，台账记录了未列明的状态。",
    ),
    "unclear_term": Words(
        en="The consent of {unclear_term} of {rows} rows of {dataset} cannot be judged: the end of it that the ledger "
        "names cannot be read.",
        zh="无法判断 {dataset} 的 {rows} 行中 {unclear_term} 行的同意情况：台账中的到期时间无法读取。",
    ),
    "unknown": Words(
        en="The consent of {at_fault} of {rows} rows of {dataset} ({share}) cannot be judged, for several reasons.",
        zh="因多种原因，无法判断 {dataset} 的 {rows} 行中 {at_fault} 行（{share}）的同意情况。",
    ),
}
"""Messages that every consent rule may use."""
