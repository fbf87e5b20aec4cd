#lang racket/base
;; The state of one branch of the search: substitution and constraint store, and the transaction in
;; which a goal changes them.

(require "term.rkt" "trie.rkt")
(provide (struct-out state) empty-state
         (struct-out attribute) no-attribute
         begin-transaction commit transaction-steps
         walk walk/store walk*/store attribute-of set-attribute! occurs?
         assign! equate! next-equation!
         wake! wake-all! next-wake!
         constraint-ref all-constraints add-constraint! replace-constraint! remove-constraint! watch!)

;; A State is (state STORE CONSTRAINTS SERIAL NEXT):
;;   STORE        Trie: variable number -> what is known of it: a Term (it is bound), or an Attribute
;;   CONSTRAINTS  Trie: serial number -> a posted constraint that is still open (prefab data)
;;   SERIAL       the serial number that the next posted constraint takes
;;   NEXT         the number that the next fresh variable takes
;; Persistent: a transaction makes a new state and leaves the old one as it was.
(struct state (store constraints serial next) #:prefab)
(define empty-state (state trie-empty trie-empty 0 1))

;; An Attribute is what is known of an unbound variable, (attribute TYPE DOMAIN ABSENT WATCHES):
;;   TYPE     #f | 'sym | 'num | 'str | a sorted list of types that it must not have
;;   DOMAIN   #f | a Domain (domain.rkt); a variable with a domain is an integer
;;   ABSENT   list of terms that must not occur in it (absento)
;;   WATCHES  serial numbers of constraints that are looked at when the variable changes; a number
;;            whose constraint has left the store is ignored
(struct attribute (type domain absent watches) #:prefab)
(define no-attribute (attribute #f #f '() '()))

;; #f is a Term, but a trie cannot hold it.
(struct falsity () #:prefab)
(define false-term (falsity))

;; A Transaction is the mutable workplace of one goal. Constraint families narrow attributes in it and
;; put two kinds of work on its agenda: equations (pairs of terms still to unify) and wakes (serial
;; numbers of constraints still to run). store.rkt runs the agenda until it is empty or a branch fails.
(struct transaction (store constraints serial next equations wakes queued steps) #:mutable
  #:authentic)

(define (begin-transaction st)
  (transaction (state-store st) (state-constraints st) (state-serial st) (state-next st) '() '() #f 0))

(define (commit tx)
  (state (transaction-store tx) (transaction-constraints tx) (transaction-serial tx)
         (transaction-next tx)))

;; -- the substitution ---------------------------------------------------------------------------

(define (walk/store t store)
  (if (var? t)
      (let ([known (trie-ref store (var-id t))])
        (cond [(not known) t]
              [(attribute? known) t]
              [(falsity? known) #f]
              [else (walk/store known store)]))
      t))

(define (walk tx t) (walk/store t (transaction-store tx)))

;; The term with every bound variable replaced, all the way down.
(define (walk*/store t store)
  (let loop ([t t])
    (let ([t (walk/store t store)])
      (cond [(pair? t)
             (let ([a (loop (car t))] [d (loop (cdr t))])
               (if (and (eq? a (car t)) (eq? d (cdr t))) t (cons a d)))]
            [(vector? t) (for/vector #:length (vector-length t) ([e (in-vector t)]) (loop e))]
            [else t]))))

(define (attribute-of tx v)
  (define known (trie-ref (transaction-store tx) (var-id v)))
  (if (attribute? known) known no-attribute))

(define (set-attribute! tx v a)
  (set-transaction-store! tx (trie-set (transaction-store tx) (var-id v) a)))

(define (occurs? tx v t)
  (define store (transaction-store tx))
  (let loop ([t t])
    (let ([t (walk/store t store)])
      (cond [(var? t) (eq? (var-id t) (var-id v))]
            [(pair? t) (or (loop (car t)) (loop (cdr t)))]
            [(vector? t) (for/or ([e (in-vector t)]) (loop e))]
            [else #f]))))

;; Binds an unbound variable; the caller sees to its attribute.
(define (assign! tx v t)
  (set-transaction-store! tx (trie-set (transaction-store tx) (var-id v) (or t false-term))))

;; -- the agenda ---------------------------------------------------------------------------------

(define (equate! tx u v)
  (set-transaction-equations! tx (cons (cons u v) (transaction-equations tx))))

(define (next-equation! tx)
  (define equations (transaction-equations tx))
  (and (pair? equations)
       (begin (set-transaction-equations! tx (cdr equations))
              (car equations))))

(define (wake! tx serial)
  (define queued (or (transaction-queued tx)
                     (let ([table (make-hasheqv)])
                       (set-transaction-queued! tx table)
                       table)))
  (unless (hash-ref queued serial #f)
    (hash-set! queued serial #t)
    (set-transaction-wakes! tx (cons serial (transaction-wakes tx)))))

(define (wake-all! tx serials)
  (for ([s (in-list serials)]) (wake! tx s)))

(define (next-wake! tx)
  (define wakes (transaction-wakes tx))
  (and (pair? wakes)
       (let ([serial (car wakes)])
         (set-transaction-wakes! tx (cdr wakes))
         (set-transaction-steps! tx (add1 (transaction-steps tx)))
         (hash-remove! (transaction-queued tx) serial)
         serial)))

;; -- the constraint table -----------------------------------------------------------------------

(define (constraint-ref tx serial) (trie-ref (transaction-constraints tx) serial))

;; Every open constraint, in no fixed order.
(define (all-constraints tx)
  (trie-fold (transaction-constraints tx) (λ (serial c all) (cons c all)) '()))

;; Enters a constraint under a new serial number, watched on the given unbound variables.
(define (add-constraint! tx constraint watched)
  (define serial (transaction-serial tx))
  (set-transaction-serial! tx (add1 serial))
  (replace-constraint! tx serial constraint)
  (for ([v (in-list watched)]) (watch! tx v serial))
  serial)

(define (replace-constraint! tx serial constraint)
  (set-transaction-constraints! tx (trie-set (transaction-constraints tx) serial constraint)))

(define (remove-constraint! tx serial)
  (set-transaction-constraints! tx (trie-remove (transaction-constraints tx) serial)))

(define (watch! tx v serial)
  (define a (attribute-of tx v))
  (unless (memv serial (attribute-watches a))
    (set-attribute! tx v (struct-copy attribute a [watches (cons serial (attribute-watches a))]))))
