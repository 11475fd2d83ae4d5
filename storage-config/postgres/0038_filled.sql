-- The directories that hold scans, in the order in which they came to hold them: what people page through.
CREATE INDEX node_filled ON node (position) WHERE kind = 'd';
