{% snapshot customer_history %}
{{ config(target_schema='dbt_payments', unique_key='id', strategy='timestamp', updated_at='updated_at') }}
select id, email, mobile, updated_at
from {{ source('app', 'customer') }}
{% endsnapshot %}
