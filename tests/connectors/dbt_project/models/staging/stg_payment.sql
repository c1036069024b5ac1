{{
    config(
        materialized='view',
        tags=['nightly'],
    )
}}

-- Amounts arrive in cents.
select
    id as payment_id,
    customer_id,
    card_number,
    {{ cents_to_units('amount_cents') }} as amount,
    state,
    method,
    paid_at
from {{ source('app', 'payment') }}
where amount_cents > {{ var('min_amount') }}
