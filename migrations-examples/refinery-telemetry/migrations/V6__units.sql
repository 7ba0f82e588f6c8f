ALTER TYPE unit ADD VALUE 'volt';
