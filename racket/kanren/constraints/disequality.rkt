#lang racket/base
;; Disequality: two terms that must not become equal.

(require racket/list "../core/domain.rkt" "../core/family.rkt" "../core/goal.rkt"
         "../core/sharing.rkt" "../core/state.rkt" "../core/substitution.rkt" "../core/term.rkt"
         "../core/trie.rkt" "types.rkt")
(provide disequality-family post-disequality!)

;; An open disequality is (disequality PAIRS): not all of the pairs (VAR . TERM) may become equal. It
;; is watched on the variables of its first pair alone: while that pair is open, so is the whole.
(struct disequality (pairs) #:prefab)

(define (post-disequality! tx u v)
  (define pairs (differing-pairs tx (list (cons u v))))
  (cond [(not pairs) #t]
        [(null? pairs) #f]
        [(drop-value! tx pairs) => (λ (outcome) (eq? outcome 'done))]
        [else (add-constraint! tx (disequality pairs) (pair-variables (car pairs)))
              #t]))

;; Looks at an open disequality again after a watched variable changed.
(define (run-disequality! tx serial constraint)
  (define pairs (differing-pairs tx (disequality-pairs constraint)))
  (cond [(not pairs) (remove-constraint! tx serial) #t]
        [(null? pairs) #f]
        [(drop-value! tx pairs)
         => (λ (outcome) (remove-constraint! tx serial) (eq? outcome 'done))]
        [else
         (unless (equal? pairs (disequality-pairs constraint))
           (replace-constraint! tx serial (disequality pairs)))
         ;; the variables of the former first pair are watched already
         (define former (car (disequality-pairs constraint)))
         (for ([v (in-list (pair-variables (car pairs)))])
           (unless (or (equal? v (car former)) (equal? v (cdr former)))
             (watch! tx v serial)))
         #t]))

;; A single pair (VAR . INTEGER) where VAR has a domain becomes a smaller domain.
;; -> #f (does not apply), 'done, or 'failed
(define (drop-value! tx pairs)
  (and (null? (cdr pairs))
       (exact-integer? (cdar pairs))
       (attribute-domain (attribute-of tx (caar pairs)))
       (if (exclude-value! tx (caar pairs) (cdar pairs)) 'done 'failed)))

(define (pair-variables p)
  (if (var? (cdr p)) (list (car p) (cdr p)) (list (car p))))

;; What must become equal for all pairs of terms to be equal: a list of (VAR . TERM), or #f when they
;; can never be (by structure, types or domains). Nothing in the transaction changes.
(define (differing-pairs tx equations)
  (if (null? (cdr equations))
      (let ([u (walk tx (caar equations))] [v (walk tx (cdar equations))])
        (cond [(eq? u v) '()]
              [(and (var? u) (or (var? v) (atom? v))) (differing-pair tx u v)]
              [(and (var? v) (atom? u)) (differing-pair tx v u)]
              [(and (atom? u) (atom? v)) (if (equal? u v) '() #f)]
              [else (differing-parts tx equations)]))
      (differing-parts tx equations)))

;; The common case: a variable, and a variable or an atom.
(define (differing-pair tx v t)
  (cond [(and (var? t) (eqv? (var-id v) (var-id t))) '()]
        [(and (var? t) (> (var-id t) (var-id v))) (differing-pair tx t v)]
        [(compatible? (transaction-store tx) v t) (list (cons v t))]
        [else #f]))

;; The general case: unification over a store that is thrown away. There a variable that became
;; another one has handed it its type and domain.
(define (differing-parts tx equations)
  (define visits (make-visits many-parts))
  (define store (transaction-store tx))
  (define pairs '())                                                 ; newest first
  (define (extend! v t)
    (unless (compound? t) (check-term '=/= t))
    (and (compatible? store v t)
         (not (and (compound? t) (occurs-in? (var-id v) t store)))
         (let-values ([(bound pending) (bind-in v t store '())])
           (set! store (if (var? t) (inherit bound store v t) bound))
           (set! pairs (cons (cons v t) pairs))
           #t)))
  (define (unify! u v)
    (let ([u (walk/store u store)] [v (walk/store v store)])
      (cond [(eq? u v) #t]
            [(var? u) (cond [(not (var? v)) (extend! u v)]
                            [(eqv? (var-id u) (var-id v)) #t]
                            [(> (var-id v) (var-id u)) (extend! v u)]
                            [else (extend! u v)])]
            [(var? v) (extend! v u)]
            [(pair? u) (and (pair? v)
                            (or (joined? visits u v)
                                (and (unify! (car u) (car v)) (unify! (cdr u) (cdr v)))))]
            [(vector? u) (and (vector? v)
                              (= (vector-length u) (vector-length v))
                              (or (joined? visits u v)
                                  (for/and ([a (in-vector u)] [b (in-vector v)]) (unify! a b))))]
            [else (equal? u v)])))
  (and (for/and ([e (in-list equations)]) (unify! (car e) (cdr e)))
       (reverse pairs)))

;; `bound` with what `store` says of the type and domain of v, which became the variable t.
(define (inherit bound store v t)
  (define a (store-attribute store v))
  (define b (store-attribute store t))
  (if (or (eq? a no-attribute) (equal? a b))
      bound
      (trie-set bound (var-id t)
                (attribute (type-meet (attribute-type a) (attribute-type b))
                           (cond [(not (attribute-domain a)) (attribute-domain b)]
                                 [(not (attribute-domain b)) (attribute-domain a)]
                                 [else (domain-meet (attribute-domain a) (attribute-domain b))])
                           (append (attribute-absent a) (attribute-absent b))
                           '()))))

;; Could the unbound variable v become t, by type and domain?
(define (compatible? store v t)
  (define a (store-attribute store v))
  (define type (if (attribute-domain a) 'num (attribute-type a)))
  (if (var? t)
      (let* ([b (store-attribute store t)])
        (and (not (eq? 'none (type-meet type (if (attribute-domain b) 'num (attribute-type b)))))
             (or (not (attribute-domain a)) (not (attribute-domain b))
                 (domain-meet (attribute-domain a) (attribute-domain b)))
             #t))
      (and (type-admits? type (term-type t))
           (or (not (attribute-domain a))
               (and (exact-integer? t) (domain-member? (attribute-domain a) t)))
           (not (and (atom? t) (member t (attribute-absent a)))))))

;; -- answers --------------------------------------------------------------------------------------

(define (clauses st variables constraints name named?)
  (define found
    (sort (for/list ([pairs (in-list (minimal-disequalities st variables constraints))])
            (sort (for/list ([p (in-list pairs)])
                    (sort (list (name (car p)) (name (cdr p))) term-first?))
                  term<?))
          term<?))
  (if (null? found) '() (list (cons '=/= found))))

;; The pairs of each disequality that neither follows from another nor from an absento.
(define (minimal-disequalities st variables constraints)
  (define tx (begin-transaction st))
  (define known (map var-id variables))
  (define all
    (remove-duplicates
     (for*/list ([c (in-list constraints)]
                 #:when (disequality? c)
                 [pairs (in-value (differing-pairs tx (disequality-pairs c)))]
                 #:when (and pairs
                             (andmap (λ (u) (memv (var-id u) known)) (term-variables st pairs))
                             (not (ormap (absent? st) pairs))))
       pairs)))
  (for/list ([pairs (in-list all)]
             #:unless (for/or ([other (in-list all)])
                        (and (not (eq? other pairs))
                             (implied-by? st pairs other)
                             ;; of two that say the same, the first
                             (or (not (implied-by? st other pairs))
                                 (memq pairs (memq other all))))))
    pairs))

;; Can the pair never become equal, because one side holds what must not occur in the other?
(define ((absent? st) p)
  (define (keeps-out? v t)
    (and (var? v)
         (for/or ([tag (in-list (attribute-absent (variable-attribute st v)))])
           (inside? st tag t))))
  (or (keeps-out? (car p) (cdr p)) (keeps-out? (cdr p) (car p))))

(define (inside? st tag t)
  (define store (state-store st))
  (define visits (make-visits))
  (define (equal-to-tag? t) (eq? store (make-equal store (list (cons tag t)))))
  (let loop ([t t])
    (let ([t (walk/store t store)])
      (cond [(pair? t) (and (first-visit? visits t)
                            (or (equal-to-tag? t) (loop (car t)) (loop (cdr t))))]
            [(vector? t) (and (first-visit? visits t)
                              (or (equal-to-tag? t) (for/or ([e (in-vector t)]) (loop e))))]
            [else (equal-to-tag? t)]))))

;; When all `pairs` hold, do all of `other`? Then the disequality of `other` says more.
(define (implied-by? st pairs other)
  (define store (make-equal (state-store st) pairs))
  (and store (eq? store (make-equal store other))))

(define (make-equal store pairs)
  (for/fold ([store store]) ([p (in-list pairs)])
    (define-values (next pending) (if store (unify-in (car p) (cdr p) store '()) (values #f '())))
    next))

;; In a pair of a disequality the variable of the lower number comes first, a variable before a value.
(define (term-first? a b)
  (and (name? a) (or (not (name? b)) (term<? a b))))
(define (name? t) (and (symbol? t) (regexp-match? #rx"^_[.][0-9]+$" (symbol->string t))))

(define (pairs->text pairs)
  (cons '=/= (for/list ([p (in-list pairs)]) (list (car p) (cdr p)))))

(define disequality-family
  (make-family 'disequalities
               #:goal? =/=?
               #:post (λ (tx g) (post-disequality! tx (=/=-left g) (=/=-right g)))
               #:goal-text (λ (st g) (pairs->text (list (cons (=/=-left g) (=/=-right g)))))
               #:constraint? disequality?
               #:run run-disequality!
               #:terms disequality-pairs
               #:constraint-text (λ (c) (pairs->text (disequality-pairs c)))
               #:slot 'disequalities
               #:clauses clauses))
