#lang racket/base
;; The expansion of matche, at compile time.

(require racket/list (for-template racket/base))
(provide expand-matche)

;; The conde that a matche stands for, made of the given identifiers.
(define (expand-matche stx fresh-id conde-id ==-id)
  (define (bad)
    (raise-syntax-error 'matche
                        (string-append "expected (matche TERM (PATTERN GOAL …) …) or "
                                       "(matche (TERM …) ((PATTERN …) GOAL …) …)")
                        stx))
  (define (line terms patterns goals)
    (define found '())
    (define (variable! id)
      (unless (memf (λ (f) (bound-identifier=? f id)) found) (set! found (cons id found)))
      id)
    (define (template p)             ; a quasiquoted pattern with a new variable for each ,_
      (syntax-case p (unquote)
        [(unquote x)
         (identifier? #'x)
         (if (eq? (syntax-e #'x) '_)
             (with-syntax ([v (variable! (car (generate-temporaries '(_))))]) #'(unquote v))
             (begin (variable! #'x) p))]
        [(unquote . _) (raise-syntax-error 'matche "expected ,VARIABLE in a pattern" stx p)]
        [(a . d) (with-syntax ([a (template #'a)] [d (template #'d)]) #'(a . d))]
        [_ p]))
    (define equations
      (for/list ([t (in-list terms)] [p (in-list patterns)])
        (with-syntax ([t t] [p (template p)] [== ==-id])
          (syntax-case #'p (unquote)
            [(unquote v) #'(== t v)]
            [_ #'(== t (quasiquote p))]))))
    (with-syntax ([(x ...) (reverse found)] [(e ...) equations] [(g ...) goals] [fresh fresh-id])
      (if (null? found)
          #'(e ... g ...)
          #'((fresh (x ...) e ... g ...)))))
  (syntax-case stx ()
    [(_ (t ...) ((p ...) g ...) ...)
     (let ([n (length (syntax->list #'(t ...)))])
       (and (> n 0)
            (pair? (syntax->list #'((p ...) ...)))
            (for/and ([ps (in-list (syntax->list #'((p ...) ...)))])
              (= n (length (syntax->list ps))))
            (not (quotation? #'(t ...)))))
     (with-syntax ([(c ...) (for/list ([ps (in-list (syntax->list #'((p ...) ...)))]
                                       [gs (in-list (syntax->list #'((g ...) ...)))])
                              (line (syntax->list #'(t ...)) (syntax->list ps) (syntax->list gs)))]
                   [conde conde-id])
       #'(conde c ...))]
    [(_ t (p g ...) ...)
     (pair? (syntax->list #'(p ...)))
     (with-syntax ([(c ...) (for/list ([p (in-list (syntax->list #'(p ...)))]
                                       [gs (in-list (syntax->list #'((g ...) ...)))])
                              (line (list #'t) (list p) (syntax->list gs)))]
                   [conde conde-id])
       #'(conde c ...))]
    [_ (bad)]))

;; (quote X) and the like as the TERM are one term and not a list of two.
(define (quotation? stx)
  (define head (first (syntax->list stx)))
  (and (identifier? head)
       (or (free-identifier=? head #'quote) (free-identifier=? head #'quasiquote)
           (free-identifier=? head #'cons) (free-identifier=? head #'list))))
