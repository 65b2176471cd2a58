-- +goose Up
-- What vendors set up themselves has no provider, orders may need somebody's
-- approval, and resellers sell on.
ALTER TABLE subscription DROP CONSTRAINT subscription_status_check;
ALTER TABLE subscription ADD CONSTRAINT subscription_status_check CHECK (status IN
    ('waitingPayment', 'pending', 'active', 'suspended', 'failed', 'terminating', 'terminated', 'requiresApproval', 'rejected', 'paymentExpired', 'postponed'));
ALTER TABLE subscription ALTER COLUMN provider_id DROP NOT NULL;
ALTER TABLE customer_order DROP CONSTRAINT customer_order_status_check;
ALTER TABLE customer_order ADD CONSTRAINT customer_order_status_check CHECK (status IN
    ('awaitingPayment', 'confirmed', 'cancelled', 'requiresApproval', 'rejected', 'postponed'));

-- Days after which an unpaid invoice stops a subscription (from its due date),
-- ends one that is stopped, and gives up one that was never paid; NULL: never.
ALTER TABLE marketplace ADD COLUMN overdue_stop_days INTEGER;
ALTER TABLE marketplace ADD COLUMN overdue_end_days INTEGER;
ALTER TABLE marketplace ADD COLUMN first_payment_days INTEGER;

-- The reseller whose customer it is.
ALTER TABLE organization ADD COLUMN reseller_id INTEGER;
ALTER TABLE event ADD COLUMN reseller_id INTEGER;
ALTER TABLE plan_revision ADD COLUMN reseller_id INTEGER;

-- Orders need the approval of the product's vendor, or of the reseller.
ALTER TABLE product ADD COLUMN subscription_approval BOOLEAN NOT NULL DEFAULT FALSE;

ALTER TABLE customer_order ADD COLUMN type TEXT NOT NULL DEFAULT 'normal' CHECK (type IN ('normal', 'trial', 'sandbox', 'renewal', 'upgrade', 'itemUpgrade', 'upsell', 'chunked', 'refund', 'cashed', 'termination'));
ALTER TABLE customer_order ADD COLUMN reseller_id INTEGER;
ALTER TABLE customer_order ADD COLUMN external_reference TEXT NOT NULL DEFAULT '';
ALTER TABLE customer_order ADD COLUMN approved_by TEXT NOT NULL DEFAULT '';
ALTER TABLE customer_order ADD COLUMN approved_at TIMESTAMPTZ;
CREATE INDEX customer_order_by_reference ON customer_order (marketplace_id, external_reference);

ALTER TABLE subscription ADD COLUMN reseller_id INTEGER;
-- What people call it; the customer's name goes before the vendor's.
ALTER TABLE subscription ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE subscription ADD COLUMN named_by_customer BOOLEAN NOT NULL DEFAULT FALSE;
-- Why it is suspended: 'overdue' ends with payment.
ALTER TABLE subscription ADD COLUMN suspended_for TEXT NOT NULL DEFAULT '';
-- Counts every change that a reader can see.
ALTER TABLE subscription ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
CREATE INDEX subscription_by_reseller ON subscription (marketplace_id, reseller_id, id);

-- +goose Down
DROP INDEX subscription_by_reseller;
ALTER TABLE subscription DROP COLUMN version;
ALTER TABLE subscription DROP COLUMN suspended_for;
ALTER TABLE subscription DROP COLUMN named_by_customer;
ALTER TABLE subscription DROP COLUMN name;
ALTER TABLE subscription DROP COLUMN reseller_id;
DROP INDEX customer_order_by_reference;
ALTER TABLE customer_order DROP COLUMN approved_at;
ALTER TABLE customer_order DROP COLUMN approved_by;
ALTER TABLE customer_order DROP COLUMN external_reference;
ALTER TABLE customer_order DROP COLUMN reseller_id;
ALTER TABLE customer_order DROP COLUMN type;
ALTER TABLE product DROP COLUMN subscription_approval;
ALTER TABLE plan_revision DROP COLUMN reseller_id;
ALTER TABLE event DROP COLUMN reseller_id;
ALTER TABLE organization DROP COLUMN reseller_id;
ALTER TABLE marketplace DROP COLUMN first_payment_days;
ALTER TABLE marketplace DROP COLUMN overdue_end_days;
ALTER TABLE marketplace DROP COLUMN overdue_stop_days;
ALTER TABLE customer_order DROP CONSTRAINT customer_order_status_check;
ALTER TABLE customer_order ADD CONSTRAINT customer_order_status_check CHECK (status IN ('awaitingPayment', 'confirmed', 'cancelled'));
ALTER TABLE subscription ALTER COLUMN provider_id SET NOT NULL;
ALTER TABLE subscription DROP CONSTRAINT subscription_status_check;
ALTER TABLE subscription ADD CONSTRAINT subscription_status_check CHECK (status IN
    ('waitingPayment', 'pending', 'active', 'suspended', 'failed', 'terminating', 'terminated'));
