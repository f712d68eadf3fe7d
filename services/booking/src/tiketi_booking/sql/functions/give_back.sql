-- Records that the whole payment goes back.
CREATE OR REPLACE FUNCTION give_back(p_payment text, p_refund text, p_amount bigint, p_reason text)
RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO refunds (id, payment_id, amount, reason)
        VALUES (p_refund, p_payment, p_amount, p_reason);
    UPDATE payments SET refunded = p_amount WHERE id = p_payment;
    RETURN 'refund';
END $$;
