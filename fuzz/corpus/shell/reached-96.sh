Mty !s;  dd
