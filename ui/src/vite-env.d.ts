/// <reference types="svelte" />

