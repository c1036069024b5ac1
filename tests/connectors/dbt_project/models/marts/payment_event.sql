{{ config(
    materialized='incremental',
    unique_key='payment_id',
    post_hook="insert into {{ this.schema }}.load_log select max(paid_at) as loaded_to from {{ this }}"
) }}

select payment_id, customer_id, card_number, amount, paid_at
from {{ ref('settled_payment') }}
{% if is_incremental() %}
where paid_at > (select max(paid_at) from {{ this }})
{% endif %}
-- depends_on: {{ ref('loads') }}
