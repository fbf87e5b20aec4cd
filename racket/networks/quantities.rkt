#lang racket/base
;; What a network costs, as protocol/quantities.json lists it for Racket and Python alike.

(require json racket/runtime-path)
(provide quantities quantity-word quantity-meaning quantities-by-layer check-quantities)

(define-runtime-path file "../../protocol/quantities.json")

(define rows (hash-ref (call-with-input-file file read-json) 'quantities))
(define (name-of row) (string->symbol (hash-ref row 'name)))

;; Their names, parameters first.
(define quantities (map name-of rows))

;; Those that are told layer by layer, the rest only of whole networks.
(define quantities-by-layer
  (for/list ([row (in-list rows)] #:when (hash-ref row 'by_layer #f)) (name-of row)))

(define ((words key) quantity)
  (for/first ([row (in-list rows)] #:when (eq? quantity (name-of row))) (hash-ref row key)))

;; Behind a number, and in a sentence about it.
(define quantity-word (words 'word))
(define quantity-meaning (words 'meaning))

;; The quantities that layers are charged for must be those of the table.
(define (check-quantities charged)
  (for ([q (in-list quantities)] #:unless (memq q charged))
    (raise-user-error
     (format "protocol/quantities.json: ~a: budget.rkt of racket/networks must say its cost" q)))
  (for ([q (in-list charged)] #:unless (memq q quantities))
    (raise-user-error
     (format "protocol/quantities.json: ~a: expected a row for each cost of budget.rkt" q))))
