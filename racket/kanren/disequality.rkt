#lang racket/base
;; Disequality: two terms that must not become equal.

(require "state.rkt" "term.rkt" "types.rkt" "domain.rkt")
(provide (struct-out disequality) post-disequality! run-disequality! differing-pairs)

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
        [(compatible? tx v t) (list (cons v t))]
        [else #f]))

(define (differing-parts tx equations)
  (let/ec return
    (define (fail) (return #f))
    ;; local bindings on top of the store, newest first; short lists
    (define (walk/local t local)
      (let ([t (walk tx t)])
        (define known (and (var? t) (assoc t local)))
        (if known (walk/local (cdr known) local) t)))
    (define (occurs/local? v t local)
      (let loop ([t t])
        (let ([t (walk/local t local)])
          (cond [(var? t) (equal? t v)]
                [(pair? t) (or (loop (car t)) (loop (cdr t)))]
                [(vector? t) (for/or ([e (in-vector t)]) (loop e))]
                [else #f]))))
    (define (extend v t local)
      (when (or (not (compatible? tx v t)) (occurs/local? v t local)) (fail))
      (cons (cons v t) local))
    (define (unify u v local)
      (let ([u (walk/local u local)] [v (walk/local v local)])
        (cond [(eq? u v) local]
              [(var? u) (cond [(equal? u v) local]
                              [(and (var? v) (> (var-id v) (var-id u))) (extend v u local)]
                              [else (extend u v local)])]
              [(var? v) (extend v u local)]
              [(and (pair? u) (pair? v)) (unify (cdr u) (cdr v) (unify (car u) (car v) local))]
              [(and (vector? u) (vector? v) (= (vector-length u) (vector-length v)))
               (for/fold ([local local]) ([a (in-vector u)] [b (in-vector v)]) (unify a b local))]
              [(and (atom? u) (atom? v) (equal? u v)) local]
              [else (fail)])))
    (reverse (for/fold ([local '()]) ([e (in-list equations)]) (unify (car e) (cdr e) local)))))

;; Could the unbound variable v become t, by type and domain?
(define (compatible? tx v t)
  (define a (attribute-of tx v))
  (define type (if (attribute-domain a) 'num (attribute-type a)))
  (if (var? t)
      (let* ([b (attribute-of tx t)])
        (and (not (eq? 'none (type-meet type (if (attribute-domain b) 'num (attribute-type b)))))
             (or (not (attribute-domain a)) (not (attribute-domain b))
                 (domain-meet (attribute-domain a) (attribute-domain b)))
             #t))
      (and (type-admits? type (term-type t))
           (or (not (attribute-domain a))
               (and (exact-integer? t) (domain-member? (attribute-domain a) t)))
           (not (and (atom? t) (member t (attribute-absent a)))))))
