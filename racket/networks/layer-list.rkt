#lang racket/base
;; Lists of layers and their relations, and what is made of them when a module is compiled.

(require (for-syntax racket/base) "../kanren/main.rkt")
(provide define-layers define-macs
         (for-syntax layers-of layer-kind layer-relation layer-macs charge-first? names? call))

;; (define-layers NAME
;;   [KIND (RELATION FORMAL …) #:macs (RELATION FORMAL …)] …)
;; lists layers by KIND, their name in the text, each with the relation that says what it is:
;;   FORMALs are those that it relates: layer, in, out, params. Without in and out the layer keeps
;;           every shape; without params it has none.
;;   #:macs  the relation that says its multiply-adds, with any of layer, in, out, params, macs; left
;;           out where there are none
;;   #:charge-first  before the relation: the layer is charged to the account before it is looked at
;; [KIND] alone is a layer without arguments that keeps every shape. One whose relation speaks of
;; account and after charges itself, which joins do for their branches.
(define-syntax (define-layers stx)
  (syntax-case stx ()
    [(_ name entry ...)
     (for ([entry (in-list (syntax->list #'(entry ...)))])
       (syntax-case entry ()
         [(kind option ...) (identifier? #'kind) (void)]
         [_ (raise-syntax-error 'define-layers "expected [KIND (RELATION FORMAL …)]" stx entry)]))
     #'(define-syntax name (quote-syntax (entry ...)))]))

(begin-for-syntax
  ;; The entries of lists of layers, in order.
  (define (layers-of lists)
    (apply append (map (λ (l) (syntax->list (syntax-local-value l))) (syntax->list lists))))
  (define (layer-kind entry) (car (syntax->list entry)))
  (define (behind keyword parts)         ; the parts from the keyword on
    (or (memf (λ (part) (eq? keyword (syntax-e part))) parts) '()))
  (define (layer-relation entry)         ; (RELATION FORMAL …), or #f
    (define parts (cdr (syntax->list entry)))
    (define macs (behind '#:macs parts))
    (for/first ([part (in-list parts)] #:unless (memq part macs) #:when (syntax->list part)) part))
  (define (layer-macs entry)             ; likewise
    (define macs (behind '#:macs (syntax->list entry)))
    (and (pair? macs) (cadr macs)))
  (define (charge-first? entry) (pair? (behind '#:charge-first (syntax->list entry))))
  (define (names? relation . formals)
    (for/and ([f (in-list formals)]) (memq f (cdr (syntax->datum relation)))))
  ;; The call of a relation, with the caller's variables in the place of formals of the same names.
  (define (call relation variables)
    (define formals (cdr (syntax->list relation)))
    #`(#,(car (syntax->list relation))
       #,@(for/list ([f (in-list formals)])
            (or (for/first ([v (in-list variables)] #:when (eq? (syntax-e f) (syntax-e v))) v)
                (raise-syntax-error 'define-layers "unknown formal" relation f))))))

;; (define-macs (macso layer in out params macs) LIST …): the multiply-adds of any layer of the lists;
;; 0 of one that says none.
(define-syntax (define-macs stx)
  (syntax-case stx ()
    [(_ (macso layer in out params macs) list ...)
     (let ([entries (filter layer-macs (layers-of #'(list ...)))])
       (with-syntax ([(kind ...) (map layer-kind entries)]
                     [(goal ...)
                      (for/list ([e (in-list entries)])
                        (call (layer-macs e) (syntax->list #'(layer in out params macs))))])
         #'(defrel (macso layer in out params macs)
             (fresh (name arguments)
               (== layer (cons name arguments))
               (conde [(== name 'kind) goal] ...
                      [(=/= name 'kind) ... (== macs 0)])))))]))
