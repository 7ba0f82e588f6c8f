CREATE VIEW order_overview AS
SELECT o.id, o.status, o.placed_at, c.email, sum(i.quantity * i.price_cents) AS total_cents
FROM orders o
JOIN customers c ON c.id = o.customer_id
LEFT JOIN order_items i ON i.order_id = o.id
GROUP BY o.id, c.email;
