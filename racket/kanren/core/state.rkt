#lang racket/base
;; The state of one branch of the search: substitution and constraint store, and the transaction in
;; which a goal changes them.

(require racket/fixnum "sharing.rkt" "substitution.rkt" "term.rkt" "trie.rkt")
(provide (struct-out state) empty-state term-variables variable-attribute
         (struct-out attribute) no-attribute
         begin-transaction resume-transaction commit
         transaction-steps transaction-serial transaction-store set-transaction-store!
         walk walk/store walk*/store attribute-of set-attribute!
         equate! next-equation!
         wake! wake-all! wake-bound! next-wake! end-run! transaction-bound?
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

;; The unbound variables of a term in order of appearance.
(define (term-variables st t)
  (define seen (make-hasheqv))
  (define found '())
  (define visits (make-visits))
  (let loop ([t t])
    (let ([t (walk/store t (state-store st))])
      (cond [(var? t) (unless (hash-ref seen (var-id t) #f)
                        (hash-set! seen (var-id t) #t)
                        (set! found (cons t found)))]
            [(pair? t) (when (first-visit? visits t) (loop (car t)) (loop (cdr t)))]
            [(vector? t) (when (first-visit? visits t) (for ([e (in-vector t)]) (loop e)))])))
  (reverse found))

(define (variable-attribute st v) (store-attribute (state-store st) v))

;; A Transaction is the mutable workplace of one goal. Constraint families narrow attributes in it and
;; put two kinds of work on its agenda: equations (pairs of terms still to unify) and wakes (serial
;; numbers of constraints still to run). store.rkt runs the agenda until it is empty or a branch
;; fails. While a constraint runs, `running` is its serial number: wakes of itself wait until its end,
;; as `again?`; `bound?` says whether one of its variables was bound since it last ran.
(struct transaction (store constraints serial next equations wakes queued steps running again? bound?)
  #:mutable #:authentic)

(define (begin-transaction st) (resume-transaction st (state-store st) (state-next st)))

;; As begin-transaction, on top of bindings made since: of a state with another store and next number.
(define (resume-transaction st store next)
  (transaction store (state-constraints st) (state-serial st) next '() '() #f 0 #f #f #f))

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

;; QUEUED is #f or has a byte for each serial number: bit 0 while it is among the wakes, bit 1 when a
;; variable of the constraint was bound (not just its domain cut) since it last ran.
(define (wake! tx serial) (wake-with! tx serial 1))

(define (wake-with! tx serial bits)
  (cond
    [(eqv? serial (transaction-running tx)) (set-transaction-again?! tx #t)]
    [else
     (define queued (queue-bytes tx serial))
     (define old (bytes-ref queued serial))
     (bytes-set! queued serial (fxior old bits))
     (when (eqv? 0 (fxand old 1))
       (set-transaction-wakes! tx (cons serial (transaction-wakes tx))))]))

(define (queue-bytes tx serial)
  (define queued (transaction-queued tx))
  (cond
    [(and queued (fx< serial (bytes-length queued))) queued]
    [else
     (define larger (make-bytes (fx+ 1 (fxmax serial (transaction-serial tx)))))
     (when queued (bytes-copy! larger 0 queued))
     (set-transaction-queued! tx larger)
     larger]))

(define (wake-all! tx serials)
  (unless (null? serials)
    (wake-with! tx (car serials) 1)
    (wake-all! tx (cdr serials))))

;; The constraints of a variable that was bound.
(define (wake-bound! tx serials)
  (unless (null? serials)
    (wake-with! tx (car serials) 3)
    (wake-bound! tx (cdr serials))))

;; -> the serial number of a constraint that is running now, or #f when none is left to run
(define (next-wake! tx)
  (define wakes (transaction-wakes tx))
  (cond
    [(pair? wakes)
     (define serial (car wakes))
     (define queued (transaction-queued tx))
     (set-transaction-wakes! tx (cdr wakes))
     (set-transaction-steps! tx (fx+ 1 (transaction-steps tx)))
     (set-transaction-running! tx serial)
     (set-transaction-again?! tx #f)
     (set-transaction-bound?! tx (fx> (bytes-ref queued serial) 1))
     (bytes-set! queued serial 0)
     serial]
    [else #f]))

;; The constraint that was running has done its work: it is woken again if it changed one of its own
;; variables, unless it is at its fixpoint: another run would find nothing.
(define (end-run! tx fixpoint?)
  (define serial (transaction-running tx))
  (set-transaction-running! tx #f)
  (when (and (transaction-again? tx) (not fixpoint?))
    (wake! tx serial)))

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
  (for ([v (in-list watched)]) (add-watch! tx v (attribute-of tx v) serial))
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
    (add-watch! tx v a serial)))

(define (add-watch! tx v a serial)
  (set-attribute! tx v (attribute (attribute-type a) (attribute-domain a) (attribute-absent a)
                                  (cons serial (attribute-watches a)))))
