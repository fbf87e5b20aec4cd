#lang racket/base
;; The state of one branch of the search: substitution and constraint store, and the transaction in
;; which a goal changes them.

(require "substitution.rkt" "term.rkt" "trie.rkt")
(provide (struct-out state) empty-state
         (struct-out attribute) no-attribute
         begin-transaction resume-transaction commit
         transaction-steps transaction-serial transaction-store set-transaction-store!
         walk walk/store walk*/store attribute-of set-attribute!
         equate! next-equation!
         wake! wake-all! next-wake!
         constraint-ref all-constraints add-constraint! replace-constraint! remove-constraint! watch!
         count-known!)

;; A State is (state STORE CONSTRAINTS SERIAL NEXT):
;;   STORE        Trie: variable number -> what is known of it (substitution.rkt)
;;   CONSTRAINTS  Trie: serial number -> a posted constraint that is still open (prefab data)
;;   SERIAL       the serial number that the next posted constraint takes; each variable of which
;;                something becomes known takes one as well, so 0 says that nothing is known of any
;;   NEXT         the number that the next fresh variable takes
;; Persistent: a transaction makes a new state and leaves the old one as it was.
(struct state (store constraints serial next) #:prefab)
(define empty-state (state trie-empty trie-empty 0 1))

;; A Transaction is the mutable workplace of one goal. Constraint families narrow attributes in it and
;; put two kinds of work on its agenda: equations (pairs of terms still to unify) and wakes (serial
;; numbers of constraints still to run). store.rkt runs the agenda until it is empty or a branch fails.
(struct transaction (store constraints serial next equations wakes queued steps) #:mutable
  #:authentic)

(define (begin-transaction st)
  (transaction (state-store st) (state-constraints st) (state-serial st) (state-next st) '() '() #f 0))

;; As begin-transaction, on top of bindings made since: of a state with another store and next number.
(define (resume-transaction st store next)
  (transaction store (state-constraints st) (state-serial st) next '() '() #f 0))

(define (commit tx)
  (state (transaction-store tx) (transaction-constraints tx) (transaction-serial tx)
         (transaction-next tx)))

;; -- the substitution ---------------------------------------------------------------------------

(define (walk tx t) (walk/store t (transaction-store tx)))

(define (attribute-of tx v) (store-attribute (transaction-store tx) v))

(define (set-attribute! tx v a)
  (set-transaction-store! tx (trie-set (transaction-store tx) (var-id v) a)))

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

;; Something has become known of a variable of which nothing was, other than by a constraint.
(define (count-known! tx) (set-transaction-serial! tx (add1 (transaction-serial tx))))

(define (replace-constraint! tx serial constraint)
  (set-transaction-constraints! tx (trie-set (transaction-constraints tx) serial constraint)))

(define (remove-constraint! tx serial)
  (set-transaction-constraints! tx (trie-remove (transaction-constraints tx) serial)))

(define (watch! tx v serial)
  (define a (attribute-of tx v))
  (unless (memv serial (attribute-watches a))
    (set-attribute! tx v (struct-copy attribute a [watches (cons serial (attribute-watches a))]))))
