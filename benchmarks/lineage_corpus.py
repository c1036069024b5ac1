"""The texts a trace is timed on: the SQL of the test cases, of the demo platform, and of a small warehouse.

The warehouse is a retailer's, after the fashion of TPC-DS: slowly changing dimensions, sales by channel, staging
merges, marts with many common table expressions. A script of it repeats these for several markets.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Text(NamedTuple):
    """One script with what tracing it is told."""

    origin: str
    dialect: str
    sql: str
    options: dict[str, Any]


_STAGE = """
create table stg_{m}.customer as
select c.c_customer_sk as customer_key, c.c_customer_id as customer_id, trim(c.c_first_name) as first_name,
       trim(c.c_last_name) as last_name, lower(c.c_email_address) as email,
       md5(lower(c.c_email_address)) as email_hash,
       c.c_birth_year, c.c_birth_month, c.c_birth_day, a.ca_street_name || ' ' || a.ca_street_number as street,
       a.ca_city as city, a.ca_state as state, substr(a.ca_zip, 1, 2) as zip_area, d.d_date as first_sale
from raw_{m}.customer c
left join raw_{m}.customer_address a on a.ca_address_sk = c.c_current_addr_sk
left join raw_{m}.date_dim d on d.d_date_sk = c.c_first_sales_date_sk
where c.c_customer_id is not null;

insert into stg_{m}.store_sales (sale_id, sold_on, item_key, customer_key, store_key, quantity, net_paid, tax, profit)
select s.ss_ticket_number, d.d_date, s.ss_item_sk, s.ss_customer_sk, s.ss_store_sk, coalesce(s.ss_quantity, 0),
       cast(s.ss_net_paid as decimal(12, 2)), s.ss_net_paid_inc_tax - s.ss_net_paid,
       case when s.ss_net_profit > 0 then s.ss_net_profit when s.ss_coupon_amt > 0 then 0 else -s.ss_net_loss end
from raw_{m}.store_sales s join raw_{m}.date_dim d on s.ss_sold_date_sk = d.d_date_sk
where d.d_year between 2019 and 2024 and s.ss_customer_sk is not null;
"""

_RETURNS = """
create view mart_{m}.customer_returns as
with customer_total_return as (
    select sr.sr_customer_sk as ctr_customer_sk, sr.sr_store_sk as ctr_store_sk, sum(sr.sr_return_amt) as ctr_total
    from raw_{m}.store_returns sr, raw_{m}.date_dim d
    where sr.sr_returned_date_sk = d.d_date_sk and d.d_year = 2023
    group by sr.sr_customer_sk, sr.sr_store_sk
)
select c.customer_id, c.email_hash, s.s_store_name, r.ctr_total
from customer_total_return r
join raw_{m}.store s on s.s_store_sk = r.ctr_store_sk
join stg_{m}.customer c on r.ctr_customer_sk = c.customer_key
where r.ctr_total > (select avg(o.ctr_total) * 1.2 from customer_total_return o where r.ctr_store_sk = o.ctr_store_sk)
  and s.s_state in ('TN', 'GA', 'OH')
order by c.customer_id;
"""

_CHANNELS = """
create table mart_{m}.channel_growth as
with sales as (
    select 's' as channel, c.customer_key, c.first_name, c.last_name, c.email,
           extract(year from s.sold_on) as sold_year,
           sum((s.net_paid - s.tax - coalesce(s.profit, 0)) / 2) as year_total
    from stg_{m}.customer c join stg_{m}.store_sales s on s.customer_key = c.customer_key
    group by c.customer_key, c.first_name, c.last_name, c.email, extract(year from s.sold_on)
    union all
    select 'w', c.customer_key, c.first_name, c.last_name, c.email, extract(year from w.sold_on),
           sum((w.list_price - w.discount) * w.quantity)
    from stg_{m}.customer c join stg_{m}.web_sales w on w.customer_key = c.customer_key
    group by c.customer_key, c.first_name, c.last_name, c.email, extract(year from w.sold_on)
    union all
    select 'c', c.customer_key, c.first_name, c.last_name, c.email, extract(year from k.sold_on), sum(k.net_paid)
    from stg_{m}.customer c join stg_{m}.catalog_sales k on k.customer_key = c.customer_key
    where k.status not in ('cancelled', 'returned')
    group by c.customer_key, c.first_name, c.last_name, c.email, extract(year from k.sold_on)
),
ranked as (
    select s.*, row_number() over (partition by s.channel, s.sold_year order by s.year_total desc) as place,
           lag(s.year_total, 1, 0) over (partition by s.customer_key, s.channel order by s.sold_year) as year_before,
           sum(s.year_total) over (partition by s.channel order by s.sold_year rows unbounded preceding) as so_far
    from sales s
),
compared as (
    select f.customer_key, f.first_name, f.last_name, f.email, f.year_total as store_total, w.year_total as web_total,
           case when f.year_before > 0 then f.year_total / f.year_before end as store_growth,
           case when w.year_before > 0 then w.year_total / w.year_before end as web_growth
    from ranked f join ranked w on w.customer_key = f.customer_key and w.sold_year = f.sold_year
    where f.channel = 's' and w.channel = 'w' and f.place <= 1000
)
select customer_key, upper(last_name) as last_name, left(first_name, 1) as initial, email,
       round(store_growth, 3) as store_growth, round(web_growth, 3) as web_growth,
       coalesce(web_growth, 0) - coalesce(store_growth, 0) as shift
from compared
where coalesce(web_growth, 0) > coalesce(store_growth, 0)
order by shift desc
limit 100;
"""

_LOYALTY = """
insert into mart_{m}.loyalty (customer_key, segment, recency, frequency, monetary, score, reachable)
with orders as (
    select customer_key, max(sold_on) as last_sold, count(distinct sale_id) as bought, sum(net_paid) as spent
    from stg_{m}.store_sales group by customer_key having count(distinct sale_id) > 1
),
scored as (
    select o.customer_key, current_date - o.last_sold as recency, o.bought as frequency, o.spent as monetary,
           ntile(5) over (order by o.last_sold) as r, ntile(5) over (order by o.bought) as f,
           ntile(5) over (order by o.spent) as mo
    from orders o
)
select s.customer_key,
       case when s.r >= 4 and s.f >= 4 then 'champion' when s.r >= 3 then 'loyal' when s.mo = 5 then 'spender'
            else 'asleep' end,
       s.recency, s.frequency, s.monetary, s.r * 100 + s.f * 10 + s.mo,
       exists (select 1 from raw_{m}.consent k where k.customer_sk = s.customer_key and k.purpose = 'marketing')
from scored s;
"""

_MERGE = """
merge into dwh_{m}.customer t
using (select customer_key, first_name, last_name, email, email_hash, street, city, state, zip_area
       from stg_{m}.customer) s
on t.customer_key = s.customer_key
when matched and t.email_hash <> s.email_hash then update set
    first_name = s.first_name, last_name = s.last_name, email = s.email, email_hash = s.email_hash,
    street = s.street, city = s.city, state = s.state, zip_area = s.zip_area, changed_at = current_timestamp
when not matched then insert (customer_key, first_name, last_name, email, email_hash, street, city, state, zip_area)
    values (s.customer_key, s.first_name, s.last_name, s.email, s.email_hash, s.street, s.city, s.state, s.zip_area);

update dwh_{m}.customer set segment = l.segment, score = l.score
from mart_{m}.loyalty l where l.customer_key = dwh_{m}.customer.customer_key;

delete from dwh_{m}.customer where customer_key in (select customer_sk from raw_{m}.erasure where done_at is null);
"""

_BASKET = """
create table mart_{m}.baskets as
select i.i_category as category, i.i_brand as brand, st.s_state as state, dt.d_year, dt.d_moy as month,
       count(*) as sales, sum(ss.ss_ext_sales_price) as revenue, avg(ss.ss_quantity) as avg_quantity,
       avg(ss.ss_coupon_amt) as avg_coupon,
       sum(case when p.p_channel_email = 'Y' then ss.ss_net_paid else 0 end) as by_email,
       sum(case when p.p_channel_event = 'N' then ss.ss_net_paid else 0 end) as no_event,
       sum(case when hd.hd_dep_count > 3 then ss.ss_net_paid end) as large_homes,
       sum(case when cd.cd_gender = 'F' and cd.cd_marital_status = 'M' then ss.ss_net_paid end) as married_women,
       stddev_samp(ss.ss_net_profit) / nullif(avg(ss.ss_net_profit), 0) as spread
from raw_{m}.store_sales ss
join raw_{m}.date_dim dt on dt.d_date_sk = ss.ss_sold_date_sk
join raw_{m}.item i on i.i_item_sk = ss.ss_item_sk
join raw_{m}.store st on st.s_store_sk = ss.ss_store_sk
left join raw_{m}.promotion p on p.p_promo_sk = ss.ss_promo_sk
left join raw_{m}.customer_demographics cd on cd.cd_demo_sk = ss.ss_cdemo_sk
left join raw_{m}.household_demographics hd on hd.hd_demo_sk = ss.ss_hdemo_sk
where dt.d_year in (2022, 2023) and i.i_current_price between 10 and 60 and st.s_county = 'Williamson County'
  and (cd.cd_education_status = 'College' or hd.hd_vehicle_count > hd.hd_dep_count)
group by i.i_category, i.i_brand, st.s_state, dt.d_year, dt.d_moy
having sum(ss.ss_net_profit) > 0
order by 1, 2, revenue desc;
"""

_WAREHOUSE = (_STAGE, _RETURNS, _CHANNELS, _LOYALTY, _MERGE, _BASKET)


def warehouse(markets: int) -> str:
    """The load script of so many markets: nine statements for each."""
    return "".join(part.format(m=f"m{number}") for number in range(markets) for part in _WAREHOUSE)


def corpus() -> Iterator[Text]:
    """All texts, those of the repository first."""
    import yaml

    for path in sorted((ROOT / "tests" / "lineage" / "cases").glob("*.yaml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            options = {
                key: case[key] for key in ("schema", "default_catalog", "default_schema", "functions") if case.get(key)
            }
            yield Text("cases", case.get("dialect", "postgres"), case["sql"], options)
    for path in sorted((ROOT / "datagov" / "demo" / "platform" / "pipeline").glob("*.sql")):
        yield Text("demo", "postgres", path.read_text(encoding="utf-8"), {})
    for part in _WAREHOUSE:
        yield Text("warehouse", "snowflake", part.format(m="one"), {})
        yield Text("warehouse", "postgres", part.format(m="one"), {})
    for markets in (1, 4, 12):
        yield Text("warehouse", "postgres", warehouse(markets), {})
