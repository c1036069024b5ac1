{{ config(group='finance', access='protected') }}

with paid as (
    select customer_id, sum(amount) as total, max(paid_at) as last_paid_at
    from {{ ref('settled_payment') }}
    group by customer_id
)

select
    c.customer_id,
    c.full_name,
    c.email,
    md5(c.mobile) as mobile_hash,
    m.label as country_name,
    paid.total,
    paid.last_paid_at
from {{ ref('stg_customer') }} as c
join paid on paid.customer_id = c.customer_id
left join {{ ref('country') }} as m on m.code = c.country
