#lang racket/base
;; What a network costs, as protocol/quantities.json lists it for Racket and Python alike.

(require json racket/runtime-path)
(provide quantities quantity-word quantity-meaning quantities-by-layer quantity-cost quantities-file
         check-quantities)

(define-runtime-path quantities-file "../../protocol/quantities.json")

(define rows (hash-ref (call-with-input-file quantities-file read-json) 'quantities))
(define (name-of row) (string->symbol (hash-ref row 'name)))

;; Their names, parameters first.
(define quantities (map name-of rows))

;; Those that are told layer by layer, the rest only of whole networks.
(define quantities-by-layer
  (for/list ([row (in-list rows)] #:when (hash-ref row 'by_layer #f)) (name-of row)))

(define ((words key) quantity)
  (for/first ([row (in-list rows)] #:when (eq? quantity (name-of row))) (hash-ref row key #f)))

;; Behind a number, and in a sentence about it.
(define quantity-word (words 'word))
(define quantity-meaning (words 'meaning))

;; What a layer costs, see budget.rkt. Raises exn:fail:user for a row that does not say it.
(define (quantity-cost quantity)
  (define cost ((words 'cost) quantity))
  (define (count? n) (exact-nonnegative-integer? n))
  (unless (or (member cost '("macs" "outputs")) (count? cost)
              (and (equal? cost "params") (eq? quantity 'params))
              (and (hash? cost) (positive? (hash-count cost)) (andmap count? (hash-values cost))))
    (raise-user-error
     (format "protocol/quantities.json: ~a: cost is ~s, expected ~a" quantity cost
             "\"macs\", \"outputs\", a whole number, or {KIND: NUMBER}")))
  cost)

;; What layers are charged for is compiled from the table: is it still the same?
(define (check-quantities compiled)
  (unless (equal? compiled (for/list ([q (in-list quantities)]) (list q (quantity-cost q))))
    (raise-user-error
     "protocol/quantities.json has changed since racket/ was compiled: run `make setup`")))
